import { v7 } from "uuid";
import { test as base, expect } from "vitest";
import { Member, Organization } from "../../db/entities/organizations.ts";
import { Label, Project, ProjectMember, Status } from "../../db/entities/projects.ts";
import { appRouter } from "../../routers/index.ts";
import { createCallerFactory, type EdgeCtx } from "../../routers/trpc.ts";
import { type Actor, type App, type Ctx, contextOf, type Origin } from "../context.ts";
import type { OrganizationRole, ProjectRole } from "../domain/permissions.ts";
import { takeSnapshot } from "../domain/snapshots.ts";
import type { Change, Channel } from "../platform/feed.ts";
import { createLatestAnswers } from "../platform/latest-answers.ts";
import { openTestApp } from "./app.ts";
import { type Copy, copyOf } from "./copy.ts";

const createCaller = createCallerFactory(appRouter);
export type Caller = ReturnType<typeof createCaller>;

const origin: Origin = { requestId: "test", ip: "127.0.0.1", userAgent: "vitest" };

/** Of everybody in a scene. */
const password = "correct horse battery staple";

/** Builders and probes around one application with a database of its own. */
export class Scene {
  readonly app: App;
  #count = 0;
  #hash: Promise<string> | undefined;

  constructor(app: App) {
    this.app = app;
  }

  /** Everybody has the same password, hashed once. */
  #passwordHash(): Promise<string> {
    this.#hash ??= this.app.passwords.hash(password);
    return this.#hash;
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** A context for operations called directly; null: signed out. */
  ctx<A extends Actor | null>(actor: A): Ctx<A> {
    return contextOf(this.app, actor, origin);
  }

  /** The router as somebody calls it. Errors are TRPCErrors with the AppError as cause. */
  caller(actor: Actor | null, headers: { idempotencyKey?: string } = {}): Caller {
    const edge = () => ({ ...this.ctx(actor), refusal: null, idempotencyKey: headers.idempotencyKey ?? null });
    return createCaller(edge as () => EdgeCtx);
  }

  /** A person with an account and a session, in no organization. */
  async person(name = `Person ${this.#next()}`): Promise<Actor & { name: string; email: string }> {
    const userId = v7();
    const sessionId = v7();
    const email = `${userId}@example.test`;
    const now = new Date();
    await this.app.sql.query(
      `insert into auth.users (id, email, name, password_hash, created_at, updated_at) values ($1, $2, $3, $5, $4, $4)`,
      [userId, email, name, now, await this.#passwordHash()],
    );
    await this.app.sql.query(
      `insert into auth.sessions (token_hash, id, user_id, expires_at, ip, user_agent, created_at, last_used_at)
       values ($1::text, $1::text::uuid, $2, $3, '127.0.0.1', 'vitest', $4, $4)`,
      [sessionId, userId, new Date(now.getTime() + 86_400_000), now],
    );
    return { userId, sessionId, name, email };
  }

  /** An organization with an owner. */
  async organization(): Promise<{ organization: Organization; owner: Actor }> {
    const owner = await this.person();
    const em = this.app.database.em.fork();
    const id = v7();
    const organization = em.create(Organization, { id, name: `Organization ${id}`, slug: `o-${id}` });
    await em.flush();
    await this.join(organization.id, owner, "owner");
    return { organization, owner };
  }

  /** Makes somebody a member. */
  async join(organizationId: string, actor: Actor, role: OrganizationRole): Promise<Actor> {
    const em = this.app.database.em.fork();
    em.create(Member, { organizationId, userId: actor.userId, role });
    await em.flush();
    return actor;
  }

  /** A private project with the statuses Backlog, To do, In progress and Done, two labels, and nobody but the owner in it. */
  async project(of?: { organization: Organization; owner: Actor }) {
    const { organization, owner } = of ?? (await this.organization());
    const em = this.app.database.em.fork();
    const scope = { organizationId: organization.id };
    const key = `T${this.#next()}`;
    const project = em.create(Project, {
      ...scope,
      name: `Project ${key}`,
      key,
      description: "",
      visibility: "private",
      archivedAt: null,
    });
    await em.flush();
    const inProject = { ...scope, projectId: project.id };
    const status = (name: string, category: Status["category"], rank: string) =>
      em.create(Status, { ...inProject, name, category, rank, wipLimit: null });
    const [backlog, todo, doing, done] = [
      status("Backlog", "backlog", "a0"),
      status("To do", "todo", "a1"),
      status("In progress", "in_progress", "a2"),
      status("Done", "done", "a3"),
    ];
    const [bug, feature] = [
      em.create(Label, { ...inProject, name: "Bug", color: "#d73a4a" }),
      em.create(Label, { ...inProject, name: "Feature", color: "#0e8a16" }),
    ];
    await em.flush();
    return { organization, owner, project, backlog, todo, doing, done, bug, feature };
  }

  /** Somebody new with a role in a project: a guest of the organization, so that they hold nothing else. */
  async personWith(role: ProjectRole, project: Project): Promise<Actor> {
    const actor = await this.join(project.organizationId, await this.person(), "guest");
    const em = this.app.database.em.fork();
    em.create(ProjectMember, {
      organizationId: project.organizationId,
      projectId: project.id,
      userId: actor.userId,
      teamId: null,
      role,
    });
    await em.flush();
    return actor;
  }

  /** A caller with a role in a project; `stranger` belongs elsewhere, `signed-out` to nobody. */
  async as(role: ProjectRole | "stranger" | "signed-out", project: Project): Promise<Caller> {
    if (role === "signed-out") return this.caller(null);
    if (role === "stranger") return this.caller((await this.organization()).owner);
    return this.caller(await this.personWith(role, project));
  }

  /** A project with one task in To do. */
  async board() {
    const board = await this.project();
    const task = await this.caller(board.owner).tasks.create({
      projectId: board.project.id,
      title: "First",
      statusId: board.todo.id,
    });
    return { ...board, task };
  }

  /** A channel's changes so far, as clients see them. */
  async changes(channel: Channel, since = 0): Promise<Change[]> {
    return this.app.sql.query<Change>(
      `select channel, seq, id, at, actor_id as "actorId", type, entity, op, entity_id as "entityId", patch
       from feed.changes where channel = $1 and seq > $2 order by seq`,
      [channel, since],
    );
  }

  /** The head of a channel: changes after it are those of what a test does next. */
  async head(channel: Channel): Promise<number> {
    const [head] = await this.app.sql.query<{ seq: number }>("select seq from feed.heads where channel = $1", [
      channel,
    ]);
    return head?.seq ?? 0;
  }

  /** A fresh snapshot as somebody may take it. Nothing that is kept: builders here write beside the feed. */
  async snapshot(actor: Actor, channel: Channel): Promise<Copy> {
    const app = { ...this.app, snapshots: createLatestAnswers("snapshot", 0) };
    return copyOf(await takeSnapshot({ ...this.ctx(actor), app }, channel));
  }

  /**
   * The law of the project: runs `act` and checks, for each channel, that the snapshot before plus the changes since
   * is the snapshot after.
   *
   * @param channels each with somebody who may read it before and after
   */
  async expectLaw<T>(channels: readonly (readonly [Channel, Actor])[], act: () => Promise<T>): Promise<T> {
    const copies = await Promise.all(channels.map(([channel, actor]) => this.snapshot(actor, channel)));
    const result = await act();
    for (const [at, [channel, actor]] of channels.entries()) {
      const copy = copies[at] as Copy;
      for (const change of await this.changes(channel, copy.seq)) copy.apply(change);
      expect(copy.toJSON()).toEqual((await this.snapshot(actor, channel)).toJSON());
    }
    return result;
  }
}

/** `test` with a scene; the application and its database are shared by the tests of a file. */
// biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of needed fixtures from this pattern
export const test = base.extend("scene", { scope: "file" }, async ({}, { onCleanup }) => {
  const { app, close } = await openTestApp();
  onCleanup(close);
  return new Scene(app);
});

/** What a refused call answers, for `await expect(call).rejects.toMatchObject(refusal("stale"))`. */
export const refusal = (code: string) => ({ cause: { code } });
