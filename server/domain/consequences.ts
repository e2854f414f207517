import type { Ctx, PublicCtx } from "../context.ts";
import type { StatusView } from "./projects/project.view.ts";
import type { TemplateContent } from "./projects/template.view.ts";
import type { FieldView } from "./projects/workflow.view.ts";

/** Acts before the rows change, and, if it answers a function, once more after they did; in the same transaction. */
export type Consequence<Fact, C extends PublicCtx = Ctx> = (
  ctx: C,
  fact: Fact,
) => Promise<(() => Promise<void>) | undefined>;

/**
 * Something in one domain that later domains must answer in the same transaction. The earlier domain does not know
 * them: `wiring.ts` tells who follows.
 */
function occasion<Fact, C extends PublicCtx = Ctx>() {
  const consequences: Consequence<Fact, C>[] = [];
  return {
    /** In the order of action; whose rows refer to another's must come before it. */
    followedBy(...followers: Consequence<Fact, C>[]): void {
      consequences.push(...followers);
    },
    /** Runs `work`, which changes the rows, between what the followers do before and after it. */
    async around<T>(ctx: C, fact: Fact, work: () => Promise<T>): Promise<T> {
      if (consequences.length === 0) throw new Error("server/domain/wiring.ts was not loaded");
      const after: ((() => Promise<void>) | undefined)[] = [];
      for (const consequence of consequences) after.push(await consequence(ctx, fact));
      const result = await work();
      for (const act of after) await act?.();
      return result;
    },
  };
}

/** A name, an address or a picture is about to change, wherever it shows. */
export const profileChange = occasion<{ userId: string }>();
export const memberDeparture = occasion<{ organizationId: string; userId: string }>();
export const organizationDeletion = occasion<{ organizationId: string }>();
/** What people may see changes: for all of an organization or some, in all its projects or one. An operator may do it. */
export interface AccessScope {
  organizationId: string;
  userIds?: readonly string[];
  projectId?: string;
}
export const accessChange = occasion<AccessScope, PublicCtx>();
/** Somebody is put into a team, and so gets what it has. */
export const teamEntry = occasion<{ teamId: string }>();
export const teamRename = occasion<{ teamId: string; name: string }>();
export const teamDeletion = occasion<{ teamId: string }>();
/** A project begins from a template: what later domains have in it follows. */
export interface ProjectBirth {
  projectId: string;
  /** Days are counted from it. */
  startsOn: string;
  content: Pick<TemplateContent, "tasks" | "links" | "recurrences">;
  fields: readonly FieldView[];
  /** Ids by name; null for what is not there. */
  statusOf(name: string): string | null;
  labelOf(name: string): string | null;
  sprintOf(name: string | null): string | null;
  milestoneOf(name: string | null): string | null;
  /** Whom a placeholder stands for. */
  personOf(placeholder: string): string | null;
}
export const projectBirth = occasion<ProjectBirth>();
/** A project gets another key. */
export const keyChange = occasion<{ projectId: string; key: string }>();
/** So do some of its tasks; they are locked. */
export const taskKeyChange = occasion<{ organizationId: string; taskIds: readonly string[] }>();
export const projectDeletion = occasion<{ projectId: string }>();
/**
 * Tasks go to another project of their organization, and what belongs to them goes along; they are locked. The schema
 * takes along every row that names task and project: what is left is to tell of them, and to end what cannot follow.
 */
export interface ProjectMove {
  organizationId: string;
  fromProjectId: string;
  toProjectId: string;
  taskIds: readonly string[];
  /** People who could read the one project and cannot read the other. */
  revokes: readonly string[];
}
export const projectMove = occasion<ProjectMove>();
/** Tasks go for ever; they are locked. */
export const taskPurge = occasion<{ taskIds: readonly string[] }>();
/** Files go, their tasks stay; the files are locked. */
export const fileDeletion = occasion<{ fileIds: readonly string[] }>();
/** A sprint ends or goes, and its tasks that are not completed, or all of them, go to another one or to none. */
export const sprintEnd = occasion<{ sprintId: string; toSprintId: string | null; all: boolean }>();
export const milestoneDeletion = occasion<{ milestoneId: string }>();
/** A custom field goes, or some of its choices do. */
export const fieldLoss = occasion<{ fieldId: string; choiceIds: readonly string[] | "all" }>();
export const labelDeletion = occasion<{ labelId: string }>();
/** A status is given another category. */
export const statusTurn = occasion<{ statusId: string; category: StatusView["category"] }>();
/** A status goes, and its tasks go to another one first, if one is named. */
export const statusDeletion = occasion<{ status: StatusView; moveTasksTo: StatusView | null }>();
