import { createTaskwire, errorOf, keepTokens } from "../client/index.ts";

const url = "http://localhost:4000";
const [username = "ada@example.com"] = process.argv.slice(2);

const visitor = createTaskwire({ url, getToken: () => null });
const tokens = await visitor.api.auth.login.mutate({ username, password: "taskwire-demo" });
const { api, live } = createTaskwire({ url, getToken: keepTokens({ url, tokens }) });

const { items: projects } = await api.projects.list.query({});
const project = projects.find(({ key }) => key === "WEB");
if (!project) throw new Error("The demo's project is gone.");

const board = live(`project:${project.id}`);
await board.ready;
console.log(`${board.entities.task.size} tasks, live. Press Enter to move one.`);

// The types know that this change is about a task; the copy has it already.
board.on("task.moved", ({ entityId, seq }) => {
  const task = board.entities.task.get(entityId);
  const status = task && board.entities.status.get(task.statusId);
  console.log(`#${seq} ${task?.key} "${task?.title}" is now in ${status?.name}`);
});

const anyOf = <T>(map: ReadonlyMap<string, T>) => [...map.values()][Math.floor(Math.random() * map.size)] as T;
process.stdin.on("data", async () => {
  const task = anyOf(board.entities.task);
  const statuses = new Map([...board.entities.status].filter(([id]) => id !== task.statusId));
  await api.tasks.move
    .mutate({ taskId: task.id, toStatusId: anyOf(statuses).id, afterTaskId: null })
    .catch((error) => console.log(errorOf(error).message));
});
