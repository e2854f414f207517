import { randomUUID } from "node:crypto";
import type { Player, Row } from "../harness/contest.ts";
import { type Gun, openGun, type Shot } from "../harness/http-load.ts";
import type { Options } from "../harness/options.ts";
import type { KnownTask, List, Plan, SeededProject } from "../harness/projects.ts";
import type { AnsweredTask } from "../harness/sides.ts";
import type { Side } from "../harness/stack.ts";
import { checkFeed, headsOf } from "./feed-check.ts";

type Verb = "create" | "rename" | "move";
const types: Record<Verb, string> = { create: "task.created", rename: "task.updated", move: "task.moved" };

interface Setting {
  readonly verb: Verb;
  readonly projects: number;
  readonly listSize: number;
  readonly inFlight: number;
  readonly withMutationId?: boolean;
}

/** Lists for edits keep their size; creates go to the bottom of another list, which grows from the same size. */
const planOf = ({ projects, listSize }: Setting): Plan => ({
  projects,
  lists: projects > 1 && listSize > 100 ? [listSize] : [listSize, listSize],
});

/** Create, rename and move; the rows of one plan share its projects, seeded when the first of them begins. */
export function mutationRows(options: Options): Row[] {
  const verbs: Verb[] = ["create", "rename", "move"];
  const inFlights = options.quick ? [16] : [1, 16, 64];
  const settings: Setting[] = [];
  for (const listSize of options.quick ? [25] : [25, 2_000])
    for (const projects of [1, 200])
      for (const verb of verbs) for (const inFlight of inFlights) settings.push({ verb, projects, listSize, inFlight });
  for (const verb of ["rename"] as const)
    settings.push({ verb, projects: 200, listSize: 25, inFlight: 16, withMutationId: true });
  const seeded = seedOnce();
  return settings.map((setting) => ({
    group: setting.verb,
    title: titleOf(setting),
    compares: "rate",
    target: { naive: 0.6, best: 0.45 },
    p99Target: 2,
    enter: async (side) => enter(side, setting, await seeded(side, planOf(setting))),
  }));
}

const titleOf = ({ verb, projects, listSize, inFlight, withMutationId }: Setting) =>
  `${verb}, ${inFlight} in flight, ${projects === 1 ? "one project" : `${projects} projects`}, lists of ${listSize.toLocaleString("en")}${
    withMutationId ? ", with mutationId" : ""
  }`;

function seedOnce(): (side: Side, plan: Plan) => Promise<SeededProject[]> {
  const done = new Map<string, Promise<SeededProject[]>>();
  return (side, plan) => {
    const key = `${side.name} ${JSON.stringify(plan)}`;
    const seeding = done.get(key) ?? side.seed(plan);
    done.set(key, seeding);
    return seeding;
  };
}

async function enter(side: Side, setting: Setting, projects: SeededProject[]): Promise<Player> {
  const gun = openGun(side.server.origin, setting.inFlight);
  const channels = projects.map((project) => project.channel);
  const before = await headsOf(side.pool, channels);
  const acknowledged = new Map<string, AnsweredTask>();
  await refreshVersions(side, projects);
  const versions = new Map(projects.flatMap((project) => editedTasks(project).map((task) => [task.id, task.version])));
  /** A move to where the task is already changes nothing and answers the version that was. */
  const changed = new Set<string>();

  const aim = aimAt(side, setting, projects, (task, known) => {
    if (task.version > (versions.get(task.id) ?? 0)) changed.add(`${task.id} ${task.version}`);
    if (known && task.version > known.version) known.version = task.version;
    const last = acknowledged.get(task.id);
    if (!last || last.version < task.version) acknowledged.set(task.id, task);
  });
  return {
    play: async (forMs) => ({ latencies: await gun.load(setting.inFlight, forMs, aim) }),
    async check() {
      const wrong = await checkFeed(side.pool, channels, types[setting.verb], before, changed.size);
      wrong.push(...(await checkStored(side, [...acknowledged.values()])));
      if (setting.verb === "create") wrong.push(...(await checkNumbers(side, projects)));
      return wrong;
    },
    close: () => (gun as Gun).close(),
  };
}

const editedTasks = (project: SeededProject): readonly KnownTask[] => project.lists[0]?.tasks ?? [];

/** What the rows before left. */
async function refreshVersions(side: Side, projects: readonly SeededProject[]): Promise<void> {
  const { rows } = await side.pool.query<KnownTask>(
    "select id, version from tasks.tasks where project_id = any($1) and version > 1",
    [projects.map((project) => project.id)],
  );
  const stored = new Map(rows.map((row) => [row.id, row.version]));
  for (const project of projects) {
    for (const task of editedTasks(project)) task.version = stored.get(task.id) ?? task.version;
  }
}

/** Decides what each request does, and hears its answer. */
function aimAt(
  side: Side,
  { verb, withMutationId, inFlight, listSize, projects: projectCount }: Setting,
  projects: readonly SeededProject[],
  heard: (task: AnsweredTask, known: KnownTask | null) => void,
): (worker: number) => Shot {
  const { dialect, people } = side;
  const busy = new Set<KnownTask>();
  // Two edits of one task at once cannot both have seen its last version, and a move may give its neighbours new ranks.
  const sendsVersion = verb === "rename" && inFlight < listSize * projectCount;
  const salt = randomUUID();
  let shots = 0;

  return (worker) => {
    shots += 1;
    const project = projects[shots % projects.length] as SeededProject;
    const token = people[worker % people.length]!.token;
    const title = `Title ${shots} of worker ${worker}, ${salt}`; // never one that the task has already
    if (verb === "create") {
      const list = project.lists.at(-1) as List;
      const call = dialect.create({ projectId: project.id, statusId: list.statusId, title, description: "As said." });
      return { ...call, token, answered: (body) => heard(dialect.read(body.toString()), null) };
    }
    const list = project.lists[0] as List;
    const task = pick(list.tasks, sendsVersion ? busy : nobody);
    busy.add(task);
    const edit = {
      taskId: task.id,
      ...(sendsVersion ? { version: task.version } : {}),
      ...(withMutationId ? { mutationId: randomUUID() } : {}),
    };
    const call =
      verb === "rename"
        ? dialect.rename({ ...edit, title })
        : dialect.move({ ...edit, toStatusId: list.statusId, afterTaskId: pick(list.tasks, new Set([task])).id });
    return {
      ...call,
      token,
      answered(body) {
        busy.delete(task);
        heard(dialect.read(body.toString()), task);
      },
    };
  };
}

const nobody: ReadonlySet<KnownTask> = new Set();

/** A task at random that is not among the busy ones. */
function pick(tasks: readonly KnownTask[], busy: ReadonlySet<KnownTask>): KnownTask {
  for (;;) {
    const task = tasks[Math.floor(Math.random() * tasks.length)] as KnownTask;
    if (!busy.has(task)) return task;
  }
}

/** Acknowledged is stored: each task is as its last answer said, or newer only by a new rank. */
async function checkStored(side: Side, tasks: readonly AnsweredTask[]): Promise<string[]> {
  const { rows } = await side.pool.query<{ id: string }>(
    `select a.id from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[], $5::text[]) as a (id, version, title, status_id, rank)
    left join tasks.tasks t on t.id = a.id and t.title = a.title and t.status_id = a.status_id and t.deleted_at is null
      and (t.version = a.version and t.rank = a.rank collate "C" or t.version > a.version and exists (
        select from feed.changes c where c.entity_id = a.id and c.type = 'task.reranked'))
    where t.id is null`,
    [
      tasks.map((task) => task.id),
      tasks.map((task) => task.version),
      tasks.map((task) => task.title),
      tasks.map((task) => task.statusId),
      tasks.map((task) => task.rank),
    ],
  );
  return rows.length === 0 ? [] : [`${rows.length} of ${tasks.length} tasks are not stored as acknowledged`];
}

/** Numbers are 1 … n in every project. */
async function checkNumbers(side: Side, projects: readonly SeededProject[]): Promise<string[]> {
  const { rows } = await side.pool.query<{ project: string }>(
    `select project_id as project from tasks.tasks where project_id = any($1) group by project_id
    having count(*) <> max(number) or min(number) <> 1`,
    [projects.map((project) => project.id)],
  );
  return rows.map((row) => `the numbers of project ${row.project} are not dense`);
}
