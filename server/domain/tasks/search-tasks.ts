import { z } from "zod";
import type { Ctx } from "../../context.ts";
import { invalid } from "../../errors.ts";
import { statement } from "../../platform/sql.ts";
import { pageFrom, placeOf } from "../cursor.ts";
import { id, page, text } from "../fields.ts";
import { accessProject, projectRoleSql } from "../projects/project.access.ts";
import { partsOfKey } from "../projects/project.key.ts";
import { taskColumns, taskViewSchema } from "./task.view.ts";

export const searchTasksInput = z.strictObject({
  text: text(200).describe(
    'words, a `"phrase"`, `-without`, `or`; the last word may be a beginning; a key (`WEB-12`), also a former one, finds its task',
  ),
  projectId: id.optional(),
  organizationId: id.optional().describe("all of its projects that the caller can read; one of the two is needed"),
  archived: z.enum(["exclude", "include"]).default("include"),
  ...page,
});

export const foundTaskSchema = taskViewSchema.extend({ score: z.number().describe("the higher, the better it fits") });
type FoundTask = z.output<typeof foundTaskSchema>;

/** With fewer hits than this, words that are only alike count too: comparing letters is what costs. */
const fewHits = 10;

/**
 * `$1` caller, `$2` organization, `$3` project, `$4` text, `$5` its words but the last, `$6` the last word, `$7` `$8` key
 * and number, `$9` archived too, `$10` `$11` the page before, `$12` how many.
 *
 * Rights are decided once per project. Scores: a key 100; words 1 and what ts_rank says; alike words below 1. Of the hits
 * in their order only as many tasks are looked at as fill the page.
 */
const searchStatement = statement(
  "task.search",
  `with readable as materialized (
    select p.id from projects.projects p
    where (p.organization_id = $2 or p.id = $3) and ($3::uuid is null or p.id = $3) and ${projectRoleSql("p", "$1")} > 0
  ), asked as materialized (
    select websearch_to_tsquery('english', $4) || websearch_to_tsquery('simple', $4)
      || (case when $6::text is null then ''::tsquery
          else websearch_to_tsquery('english', $5) && to_tsquery('simple', $6 || ':*') end) as query
  ), exact as materialized (
    select s.task_id, 1 + ts_rank(s.document, asked.query)::float8 as score
    from asked, tasks.search s
    where s.document @@ asked.query and s.project_id in (select id from readable)
    union all
    select t.id, 100 from projects.keys k
    left join tasks.former_numbers f on f.project_id = k.project_id and f.number = $8
    join tasks.tasks t on t.id = coalesce(f.task_id,
      (select own.id from tasks.tasks own where own.project_id = k.project_id and own.number = $8))
    where k.key = $7 and t.project_id in (select id from readable)
      and k.organization_id = coalesce($2, (select organization_id from projects.projects where id = $3))
  ), hits as (
    select * from exact
    union all
    select s.task_id, word_similarity($4, s.title)::float8 * 0.99 from tasks.search s
    where $6 is not null and $7::text is null and length($4) >= 4 and (select count(*) from exact) < ${fewHits}
      and $4 <% s.title and s.project_id in (select id from readable)
  ), ranked as (
    select task_id, max(score) as score from hits group by task_id
    having $10::float8 is null or (max(score), task_id) < ($10, $11::uuid)
    order by 2 desc, 1 desc
  )
  select ${taskColumns}, ranked.score, ranked.score::text as "sortText"
  from ranked join tasks.tasks t on t.id = ranked.task_id where t.deleted_at is null and ($9 or t.archived_at is null)
  order by ranked.score desc, ranked.task_id desc limit $12`,
);

/**
 * Finds tasks by words of title and description, the best first: whole words and their forms, the beginning of the last
 * one, words written wrongly, and keys. What lies in the trash is not found.
 *
 * @throws AppError `validation.failed` (neither project nor organization, cursor) | `not-found` (project)
 */
export async function searchTasks(ctx: Ctx, input: z.output<typeof searchTasksInput>) {
  const { projectId = null, organizationId = null, cursor, limit } = input;
  if (!projectId && !organizationId) throw invalid("projectId", "Name a project or an organization.");
  const words = input.text.trim();
  if (words === "") return { items: [], nextCursor: null };
  const [score, taskId] = placeOf(cursor);
  const key = partsOfKey(words);
  const [, rows] = await Promise.all([
    projectId ? accessProject(ctx, projectId, "task.read") : null,
    ctx.sql.query<FoundTask & { sortText: string }>(searchStatement, [
      ctx.actor.userId,
      organizationId,
      projectId,
      words,
      ...beginningOf(words),
      key?.project ?? null,
      key?.number ?? null,
      input.archived === "include",
      score,
      taskId,
      limit + 1,
    ]),
  ]);
  return pageFrom(rows, limit);
}

/** The last word, if it may be the beginning of one, and the words before it; not where the text has operators. */
function beginningOf(words: string): [before: string | null, last: string | null] {
  const last = /["]|(^|\s)-/.test(words) ? null : /[\p{L}\p{N}]+$/u.exec(words);
  return last ? [words.slice(0, last.index), last[0]] : [null, null];
}
