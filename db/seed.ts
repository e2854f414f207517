import { appRouter } from "../routers/index.ts";
import { createCallerFactory, type EdgeCtx } from "../routers/trpc.ts";
import { type Actor, type App, contextOf } from "../server/context.ts";
import { statement } from "../server/platform/sql.ts";
import { inTransaction } from "../server/transaction.ts";

/** How to sign in to the demo organization. */
export interface SeededDemo {
  readonly password: string;
  readonly people: readonly { readonly email: string; readonly name: string; readonly role: string }[];
}

/** Published with the source, so it is seeded outside production only, or where `SEED_DEMO` asks for it. */
const demo: SeededDemo = {
  password: "taskwire-demo",
  people: [
    { email: "ada@example.com", name: "Ada Lovelace", role: "owner" },
    { email: "grace@example.com", name: "Grace Hopper", role: "admin" },
    { email: "alan@example.com", name: "Alan Turing", role: "member" },
    { email: "guest@example.com", name: "Guest of Honour", role: "guest" },
  ],
};

const createCaller = createCallerFactory(appRouter);
type Caller = ReturnType<typeof createCaller>;

const stateStatement = statement(
  "seed.state",
  `select exists (select from auth.users) as "inUse",
    exists (select from organizations.organizations o join organizations.members m on m.organization_id = o.id
      join auth.users u on u.id = m.user_id where o.slug = 'demo' and u.email = $1) as seeded`,
);
const lockStatement = statement("seed.lock", "select pg_advisory_xact_lock(hashtextextended('taskwire.seed', 0))");
const userStatement = statement("seed.user", "select id from auth.users where email = $1");

/**
 * Fills an empty database with an organization to try things on: all of it or nothing, once, through the same
 * operations that clients call.
 *
 * @returns how to sign in, also when it was seeded before; null when the database holds something else
 */
export async function seedDemo(app: App): Promise<SeededDemo | null> {
  const origin = { requestId: "seed", ip: "127.0.0.1", userAgent: "seed" };
  return inTransaction(contextOf<Actor | null>(app, null, origin), async (ctx) => {
    const [, [state]] = await Promise.all([
      ctx.sql.query(lockStatement),
      ctx.sql.query<{ inUse: boolean; seeded: boolean }>(stateStatement, [demo.people[0]?.email]),
    ]);
    if (state?.seeded) return demo;
    if (state?.inUse) return null;

    const as = (actor: Actor | null): Caller =>
      createCaller({ ...ctx, actor, refusal: null, idempotencyKey: null } as EdgeCtx);
    const signedUp = await Promise.all(
      demo.people.map(async ({ email, name }) => {
        await as(null).auth.register({ email, name, password: demo.password });
        const [user] = await ctx.sql.query<{ id: string }>(userStatement, [email]);
        return (user as { id: string }).id;
      }),
    );
    const people = signedUp.map((userId) => as({ userId, sessionId: userId }));
    await fill(people, signedUp);
    return demo;
  });
}

async function fill([ada, ...others]: Caller[], [adaId, graceId, alanId, guestId]: string[]): Promise<void> {
  if (!ada || !adaId || !graceId || !alanId || !guestId) throw new Error("The demo needs four people");
  const { id: organizationId } = await ada.organizations.create({ name: "Demo", slug: "demo" });
  for (const [at, { email, role }] of demo.people.slice(1).entries()) {
    const invitation = await ada.invitations.create({
      organizationId,
      email,
      role: role as "admin" | "member" | "guest",
    });
    const { token } = await ada.invitations.link({ invitationId: invitation.id });
    await others[at]?.invitations.accept({ token });
  }

  const project = await ada.projects.create({
    organizationId,
    name: "Website",
    key: "WEB",
    visibility: "organization",
  });
  const projectId = project.id;
  await ada.projectMembers.add({ projectId, userId: guestId, role: "commenter" });
  const { items: statuses } = await ada.statuses.list({ projectId });
  const status = (category: string) => statuses.find((status) => status.category === category)?.id;
  const label = async (name: string, color: string) => (await ada.labels.create({ projectId, name, color })).id;
  const [design, content, bug] = [
    await label("Design", "#8e6bbf"),
    await label("Content", "#2f855a"),
    await label("Bug", "#c53030"),
  ];

  const launch = await ada.tasks.create({
    projectId,
    title: "Launch the new website",
    description: "Everything that has to be **done** before we go live.",
    statusId: status("in_progress"),
    priority: "high",
    assigneeIds: [adaId],
  });
  const tasks = [
    { title: "Draw the front page", category: "done", labelIds: [design], assigneeIds: [graceId], parentId: launch.id },
    {
      title: "Write the texts",
      category: "in_progress",
      labelIds: [content],
      assigneeIds: [alanId],
      parentId: launch.id,
      estimateMinutes: 480,
    },
    {
      title: "Take photographs of the team",
      category: "todo",
      labelIds: [content],
      assigneeIds: [],
      parentId: launch.id,
    },
    { title: "Choose a typeface", category: "done", labelIds: [design], assigneeIds: [graceId] },
    {
      title: "Menu jumps on small screens",
      category: "todo",
      labelIds: [bug, design],
      assigneeIds: [graceId],
      priority: "urgent" as const,
    },
    { title: "Search finds nothing for words with accents", category: "todo", labelIds: [bug], assigneeIds: [alanId] },
    { title: "Ask three customers to try it", category: "backlog", labelIds: [], assigneeIds: [] },
    { title: "Translate into German", category: "backlog", labelIds: [content], assigneeIds: [] },
    {
      title: "Newsletter for the launch",
      category: "backlog",
      labelIds: [content],
      assigneeIds: [alanId],
      dueOn: "2027-01-15",
    },
  ];
  for (const { category, ...task } of tasks) await ada.tasks.create({ projectId, statusId: status(category), ...task });
}
