import { z } from "zod";
import { pageOf } from "../server/domain/fields.ts";
import {
  createView,
  createViewInput,
  deleteView,
  listViews,
  listViewsInput,
  updateView,
  updateViewInput,
  viewInput,
} from "../server/domain/tasks/save-view.ts";
import { savedViewSchema } from "../server/domain/tasks/saved-view.view.ts";
import { mutates, procedure, rest, router } from "./trpc.ts";

/** Saved ways to look at a project's tasks. */
export const views = router({
  create: procedure
    .meta(
      rest("POST /projects/{projectId}/views", "Save a view of a project's tasks", {
        access: "view.create",
        description: "For oneself, or shared with everybody in the project, which needs `view.share`.",
      }),
    )
    .input(mutates(createViewInput))
    .output(savedViewSchema)
    .mutation(({ ctx, input }) => createView(ctx, input)),
  list: procedure
    .meta(
      rest("GET /projects/{projectId}/views", "List a project's shared views and one's own, by name", {
        access: "project.read",
      }),
    )
    .input(listViewsInput)
    .output(pageOf(savedViewSchema))
    .query(({ ctx, input }) => listViews(ctx, input)),
  update: procedure
    .meta(
      rest("PATCH /views/{viewId}", "Change, share or hide a saved view", {
        access: "view.manage",
        description: "One's own needs no more than `view.create`, and `view.share` while it is shared.",
      }),
    )
    .input(mutates(updateViewInput))
    .output(savedViewSchema)
    .mutation(({ ctx, input: { mutationId: _, ...input } }) => updateView(ctx, input)),
  delete: procedure
    .meta(
      rest("DELETE /views/{viewId}", "Delete a saved view", {
        access: "view.manage",
        description: "One's own needs no more than `view.create`, and `view.share` while it is shared.",
      }),
    )
    .input(mutates(viewInput))
    .output(z.object({ id: z.uuid() }))
    .mutation(({ ctx, input }) => deleteView(ctx, input)),
});
