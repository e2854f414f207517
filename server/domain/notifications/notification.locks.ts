import type { Ctx, PublicCtx } from "../../context.ts";
import { statement } from "../../platform/sql.ts";

/*
 * Telling people and taking access from them must not pass each other, or somebody would be left with news of what they
 * may no longer see. So who tells shares a lock per organization, and who takes access away holds it alone, from the
 * moment they clear up until they commit.
 */
const key = (organization: string) => `hashtextextended('notifications.organization:' || ${organization}, 0)`;

const subjectKey = (id: string) => `hashtextextended('notifications.subject:' || ${id}, 0)`;

const shareStatement = statement(
  "notification.share-organization",
  `select pg_advisory_xact_lock_shared(${key("$1::uuid")})`,
);
const holdStatement = statement("notification.hold-organization", `select pg_advisory_xact_lock(${key("$1::uuid")})`);
const holdOfProjectStatement = statement(
  "notification.hold-organization-of-project",
  `select pg_advisory_xact_lock(${key("organization_id")}) from projects.projects where id = $1`,
);
/* Ahead of the lock above, since who leaves is locked before that one is asked for, too. */
const stayStatement = statement(
  "notification.lock-member",
  "select from organizations.members where organization_id = $1 and user_id = $2 for key share",
);
/* And bursts on one subject follow one another, so that each act finds what the one before it wrote. */
const tellStatement = statement(
  "notification.lock-subject",
  `select pg_advisory_xact_lock_shared(${key("o.id")}), pg_advisory_xact_lock(${subjectKey("$4::uuid")})
  from (select coalesce($3::uuid, (select organization_id from projects.projects where id = $2),
    (select organization_id from tasks.tasks where id = $1)) as id) o`,
);

/** The caller's access stays as it is until this transaction ends; look at it after this. */
export async function shareOrganization(ctx: Ctx, organizationId: string): Promise<void> {
  await Promise.all([
    ctx.sql.query(stayStatement, [organizationId, ctx.actor.userId]),
    ctx.sql.query(shareStatement, [organizationId]),
  ]);
}

/** Nobody is told anything in this organization until this transaction ends. */
export const holdOrganization = (ctx: PublicCtx, organizationId: string) =>
  ctx.sql.query(holdStatement, [organizationId]);

/** The same, by a project of it. */
export const holdOrganizationOfProject = (ctx: PublicCtx, projectId: string) =>
  ctx.sql.query(holdOfProjectStatement, [projectId]);

const holdSubjectsStatement = statement(
  "notification.hold-subjects",
  `select pg_advisory_xact_lock(${subjectKey("id")}) from (select unnest($1::uuid[]) as id order by id) subjects`,
);

/** Nobody is told anything of these until this transaction ends. */
export const holdSubjects = (ctx: PublicCtx, ids: readonly string[]) => ctx.sql.query(holdSubjectsStatement, [ids]);

/** The lock of who tells of a subject. */
export const lockSubject = (
  ctx: PublicCtx,
  subject: { id: string; taskId?: string; projectId?: string; organizationId?: string },
) =>
  ctx.sql.query(tellStatement, [
    subject.taskId ?? null,
    subject.projectId ?? null,
    subject.organizationId ?? null,
    subject.id,
  ]);
