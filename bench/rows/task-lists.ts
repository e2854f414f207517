import { sortedPage } from "../../server/domain/tasks/task.sort.ts";
import { type TaskView, taskColumns } from "../../server/domain/tasks/task.view.ts";
import type { Options } from "../harness/options.ts";
import type { Pair, PairRow } from "../harness/pair.ts";
import { dataOf, readPair } from "../harness/reads.ts";
import { type SharingRow, sharing } from "../harness/shared-world.ts";
import { frequentWord, openTaskWorld, rareWord, type TaskWorld } from "./task-lists.seed.ts";

const pageSize = 50;

/** A list as ours is asked for it, and as a statement says it that knows nothing of rights, and of no other list. */
interface List {
  readonly what: string;
  input(world: TaskWorld): object;
  /** Behind what `select … from tasks.tasks t where` of the project's tasks begins with; `$1` is the project. */
  readonly and: string;
  values(world: TaskWorld): unknown[];
  readonly orderBy: string;
  /** Begins behind nine tenths of the list, at the place that these columns tell. */
  readonly deep?: { readonly keys: string; readonly behind: string };
}

const byNumber = { sort: "number" as const };

const lists: readonly List[] = [
  {
    what: "of one assignee",
    input: ({ assigneeId }) => ({ ...byNumber, assigneeIds: [assigneeId] }),
    and: "t.id in (select a.task_id from tasks.task_assignees a where a.user_id = $2 and a.project_id = $1)",
    values: ({ assigneeId }) => [assigneeId],
    orderBy: "t.number",
  },
  {
    what: "of one label in one status",
    input: ({ labelId, project }) => ({ ...byNumber, labelIds: [labelId], statusIds: [project.lists[1]!.statusId] }),
    and: "t.status_id = $3 and t.id in (select l.task_id from tasks.task_labels l where l.label_id = $2)",
    values: ({ labelId, project }) => [labelId, project.lists[1]!.statusId],
    orderBy: "t.number",
  },
  {
    what: "with a value in a custom field",
    input: ({ choiceFieldId, choiceId }) => ({ ...byNumber, fieldFilters: [`${choiceFieldId}:is:${choiceId}`] }),
    and: "t.fields <> '{}'::jsonb and t.fields @> jsonb_build_object($2::text, $3::text)",
    values: ({ choiceFieldId, choiceId }) => [choiceFieldId, choiceId],
    orderBy: "t.number",
  },
  {
    what: "with a rare word in the title",
    input: () => ({ ...byNumber, text: rareWord }),
    and: `t.id in (select s.task_id from tasks.search s where s.title ilike '%${rareWord}%')`,
    values: () => [],
    orderBy: "t.number",
  },
  {
    what: "all by due day",
    input: () => ({ sort: "dueOn" }),
    and: "true",
    values: () => [],
    orderBy: "coalesce(t.due_on, 'infinity'::date), t.id", // as the index has it
  },
  {
    what: "all by when they changed, the latest first",
    input: () => ({ sort: "updatedAt", order: "desc" }),
    and: "true",
    values: () => [],
    orderBy: "t.updated_at desc, t.id desc",
  },
  {
    what: "all by a custom field",
    input: ({ numberFieldId }) => ({ sortFieldId: numberFieldId }),
    and: "true",
    values: ({ numberFieldId }) => [numberFieldId],
    orderBy: "(t.fields ->> $2)::float8 nulls last, t.id",
  },
  {
    what: "all by title, behind nine tenths",
    input: () => ({ sort: "title" }),
    and: "true",
    values: () => [],
    orderBy: `left(lower(t.title), 150) collate "C", t.id`,
    deep: {
      keys: `left(lower(t.title), 150) collate "C" as sort0`,
      behind: `(left(lower(t.title), 150) collate "C", t.id) > ($2, $3)`,
    },
  },
  {
    what: "all by number, behind nine tenths",
    input: () => byNumber,
    and: "true",
    values: () => [],
    orderBy: "t.number, t.id",
    deep: { keys: "t.number as sort0", behind: "(t.number, t.id) > ($2, $3)" },
  },
];

/** Pages of lists of a very large project, and searches in it. */
export function taskListRows(options: Options): PairRow[] {
  const size = options.quick ? 10_000 : 100_000;
  const title = (what: string) => `list of ${size.toLocaleString("en")} tasks, ${what}, beside a bare statement`;
  const row = (what: string, enter: (world: TaskWorld) => Promise<Pair>): SharingRow<TaskWorld> => ({
    ...{ group: "task-list", title: title(what), unit: "pages", enter },
  });
  const rows = [
    ...lists.map((list) => row(list.what, (world) => enterList(world, list, options, size))),
    row("a search for what every fourth has", (world) => enterSearch(world, frequentWord, options)),
    row("the board, behind nine tenths", (world) => enterBoard(world, options)),
    row("a search for a rare word", (world) => enterSearch(world, rareWord, options)),
  ];
  return sharing((stack) => openTaskWorld(stack, size), options.quick ? rows.filter((_, at) => at % 3 === 0) : rows);
}

type Row = TaskView & Record<`sort${number}`, string | number>;

const where = "t.project_id = $1 and t.deleted_at is null and t.archived_at is null";
const differences = (own: Buffer, other: readonly TaskView[]) => {
  const { items } = dataOf<{ items: TaskView[] }>(own);
  const wrong = items.length === 0 ? ["ours is an empty page"] : [];
  return JSON.stringify(items) === JSON.stringify(other) ? wrong : [...wrong, "the statement finds another page"];
};

async function enterList(world: TaskWorld, list: List, { sliceMs }: Options, size: number): Promise<Pair> {
  const { project, reader, sql } = world;
  const { deep, orderBy } = list;
  const values = [project.id, ...list.values(world)];
  const input: Record<string, unknown> = { projectId: project.id, limit: pageSize, ...list.input(world) };
  if (deep) {
    const [last, next] = await sql.query<Row>(
      `select t.id, ${deep.keys} from tasks.tasks t where ${where} order by ${orderBy} limit 2 offset ${size * 0.9}`,
      values,
    );
    input["cursor"] = sortedPage({ sort: input["sort"] as "title", order: "asc" }, [last!, next!], 1).nextCursor;
    values.push(last!.sort0, last!.id);
  }
  const statement = {
    name: `bench.${list.what}`,
    text: `select ${taskColumns} from tasks.tasks t where ${where} and ${list.and}${deep ? ` and ${deep.behind}` : ""}
      order by ${orderBy} limit ${pageSize}`,
  };
  return readPair(
    sliceMs,
    { read: () => reader.ask("tasks.list", input) },
    { read: () => sql.query<TaskView>(statement, values) },
    differences,
  );
}

/** Statuses in their order, and in each the tasks as they stand: the last tenth begins in the fourth of four. */
async function enterBoard({ project, reader, sql }: TaskWorld, { sliceMs }: Options): Promise<Pair> {
  const { statusId, tasks } = project.lists.at(-1)!;
  const from = tasks[Math.floor(tasks.length * 0.6)]!;
  const columns = `select s.rank as sort0, s.id as sort1, t.rank as sort2, t.id from tasks.tasks t
    join projects.statuses s on s.id = t.status_id where t.id = $1`;
  const [last] = await sql.query<Row>(columns, [from.id]);
  const cursor = sortedPage({ sort: "board", order: "asc" }, [last!, last!], 1).nextCursor;
  const statement = {
    name: "bench.board",
    text: `select ${taskColumns} from tasks.tasks t where t.status_id = $1 and t.deleted_at is null and t.archived_at is null
      and (t.rank, t.id) > ($2, $3) order by t.rank, t.id limit ${pageSize}`,
  };
  return readPair(
    sliceMs,
    { read: () => reader.ask("tasks.list", { projectId: project.id, sort: "board", cursor, limit: pageSize }) },
    { read: () => sql.query<TaskView>(statement, [statusId, last!["sort2"], from.id]) },
    differences,
  );
}

/** Beside the index of words alone: no likeness of words, no keys, no beginnings. */
async function enterSearch({ project, reader, sql }: TaskWorld, word: string, { sliceMs }: Options): Promise<Pair> {
  const statement = {
    name: "bench.search",
    text: `select ${taskColumns} from (
        select s.task_id, ts_rank(s.document, q) as score from tasks.search s, websearch_to_tsquery('english', $2) q
        where s.document @@ q and s.project_id = $1 order by score desc, s.task_id desc limit ${pageSize}) best
      join tasks.tasks t on t.id = best.task_id order by best.score desc, t.id desc`,
  };
  return readPair(
    sliceMs,
    { read: () => reader.ask("tasks.search", { projectId: project.id, text: word, limit: pageSize }) },
    { read: () => sql.query<TaskView>(statement, [project.id, word]) },
    (own, other) => {
      const { items } = dataOf<{ items: TaskView[] }>(own);
      const wrong = [...items, ...other].filter(({ title }) => !title.includes(word));
      if (items.length === 0 || items.length !== other.length) return [`${items.length} found, not ${other.length}`];
      return wrong.length > 0 ? [`${wrong.length} tasks that were found do not have the word`] : [];
    },
  );
}
