/** Checked by `npm run types`: what must compile does, and what must not does not. */
import { type ChangeOf, createTaskwire, type EntityViews, errorOf, type Inputs, type Outputs } from "./index.ts";

const taskwire = createTaskwire({
  url: "http://localhost:4000",
  getToken: async ({ fresh }) => (fresh ? null : "token"),
});
const { api } = taskwire;

// Calls are typed by the server's router, down to single fields.
const task: EntityViews["task"] = await api.tasks.get.query({ taskId: "…" });
const moved: Outputs["tasks"]["move"] = await api.tasks.move.mutate({
  taskId: task.id,
  toStatusId: "…",
  afterTaskId: null,
});
moved.title satisfies string;
moved.dueOn satisfies string | null;
({ taskId: "…", toStatusId: "…", afterTaskId: null, mutationId: "…" }) satisfies Inputs["tasks"]["move"];
// @ts-expect-error no such field
await api.tasks.move.mutate({ taskId: task.id, toStatusId: "…", afterTaskId: null, status: "done" });
// @ts-expect-error a field is missing
await api.tasks.move.mutate({ taskId: task.id, afterTaskId: null });
// @ts-expect-error a mutation is no query
await api.tasks.move.query({ taskId: task.id, toStatusId: "…", afterTaskId: null });
// @ts-expect-error no such procedure
await api.tasks.teleport.mutate({ taskId: task.id });
// @ts-expect-error a number is no id
await api.tasks.get.query({ taskId: 7 });
// @ts-expect-error an answer has no such field
moved.colour;

// So are channels, entities and changes.
const store = taskwire.live("project:0192f0c0-0000-7000-8000-000000000001");
store.entities.task.get("…")?.assigneeIds satisfies string[] | undefined;
// @ts-expect-error no such kind of channel
taskwire.live("galaxy:0192f0c0-0000-7000-8000-000000000001");
// @ts-expect-error no such entity
store.entities.planet;
// @ts-expect-error no such field
store.entities.task.get("…")?.colour;
// @ts-expect-error a copy is not altered by hand
store.entities.task.delete("…");

store.on("task.moved", (change) => {
  change.type satisfies "task.moved";
  change.patch.statusId satisfies string | undefined;
  // @ts-expect-error no such field
  change.patch.colour;
  // @ts-expect-error a move need not change the title
  change.patch.title satisfies string;
});
store.on("task.created", (change) => change.patch.title satisfies string);
// @ts-expect-error no such change
store.on("task.teleported", () => {});
// @ts-expect-error a change of another type
store.on("task.moved", (change: ChangeOf<"task.created">) => change.seq);
store.on("change", (change) => {
  if (change.type === "label.created") change.patch.name satisfies string;
  // @ts-expect-error not every change has it
  change.patch.name satisfies string;
});
store.on("status", (status) => {
  // @ts-expect-error no such status
  if (status === "sleeping") return;
});
await store.setPresence({ viewing: task.id });
// @ts-expect-error about what, as a string
await store.typing({ about: 7 });

// And failures.
try {
  await api.tasks.get.query({ taskId: "…" });
} catch (thrown) {
  const { error, details } = errorOf(thrown);
  if (error === "stale") details["current"] satisfies unknown;
  // @ts-expect-error no such code
  if (error === "teapot") throw thrown;
}
