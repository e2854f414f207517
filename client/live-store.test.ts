import { expect, test, vi } from "vitest";
import { openStore } from "./live-store.ts";
import type { Listener, StoreTransport } from "./transport.ts";
import type { Change, Channel } from "./types.ts";

const channel: Channel = "project:0192f0c0-0000-7000-8000-000000000001";
const epoch = "life";
const task = { id: "a", title: "first" };

function change(seq: number, title: string): Change {
  const part = { channel, seq, id: `c${seq}`, at: "", actorId: null, entityId: "a" };
  return { ...part, type: "task.updated", entity: "task", op: "update", patch: { title } };
}
const frame = (change: Change) => ({ epoch, from: change.seq - 1, to: change.seq, changes: [change] });

/** A store of one task at number 1, with the wire to it in the test's hand. */
function buildStore({ refusal }: { refusal?: object } = {}) {
  let listener: Listener | undefined;
  const sent: unknown[] = [];
  const transport: StoreTransport = {
    snapshot: async () => {
      if (refusal) throw refusal;
      return { epoch, seq: 1, entities: { task: [task as never] } };
    },
    join: async (_, { seq }) => ({ epoch, head: seq, changes: [] }),
    pull: async (_, { seq }) => ({ epoch, head: seq, changes: [] }),
    leave: () => sent.push("leave"),
    pause: async () => {},
    attach(_, given) {
      listener = given;
      given.connected();
    },
    detach: () => sent.push("detach"),
    setPresence: async (_, state) => void sent.push(state),
    setTyping: async (_, typing) => void sent.push(typing),
  };
  const closed = vi.fn();
  const { store } = openStore(channel, transport, { release: () => true, closed });
  return { store, sent, closed, wire: listener! };
}

test("handlers hear a change when the entities contain it already", async () => {
  const { store, wire } = buildStore();
  await store.ready;
  const heard: unknown[] = [];
  store.on("task.updated", (change) =>
    heard.push([change.patch.title, store.entities.task.get("a")?.title, store.seq]),
  );
  store.on("change", ({ type }) => heard.push(type));
  const off = store.on("task.moved", () => heard.push("never"));
  off();

  wire.frame(frame(change(2, "second")));

  expect(heard).toEqual(["task.updated", ["second", "second", 2]]);
});

test("a state is another object after a change only, and subscribers are told", async () => {
  const { store, wire } = buildStore();
  await store.ready;
  const told = vi.fn();
  const stop = store.subscribe(told);
  const before = store.getSnapshot();
  wire.head(1);
  expect(store.getSnapshot()).toBe(before);

  wire.frame(frame(change(2, "second")));

  expect(told).toHaveBeenCalledOnce();
  expect(store.getSnapshot()).not.toBe(before);
  expect(before.entities.task.get("a")?.title).toBe("first");
  stop();
  wire.frame(frame(change(3, "third")));
  expect(told).toHaveBeenCalledOnce();
});

test("presence is shown again after each join, and nobody is present while offline", async () => {
  const { store, sent, wire } = buildStore();
  await store.ready;
  await store.setPresence({ viewing: "a" });
  wire.head(9); // now it catches up, and is in the channel all the same
  await store.setPresence({ viewing: "b" });
  wire.presence({ members: [{ userId: "u", state: {} }], total: 1 });
  expect(store.presence.total).toBe(1);

  wire.disconnected();
  expect(store.status).toBe("offline");
  expect(store.presence.total).toBe(0);
  wire.connected();

  await vi.waitFor(() => expect(store.status).toBe("live"));
  expect(sent).toEqual([{ viewing: "a" }, { viewing: "b" }, { viewing: "b" }]);
});

test("lost access closes it, with the reason", async () => {
  const { store, closed, sent, wire } = buildStore();
  await store.ready;
  const statuses: string[] = [];
  store.on("status", (status) => statuses.push(status));

  wire.closed("access.denied");

  expect(store.getSnapshot()).toMatchObject({ status: "closed", reason: "access.denied" });
  expect(statuses).toEqual(["closed"]);
  expect(sent).toEqual(["detach"]);
  expect(closed).toHaveBeenCalledOnce();
});

test("a channel that is not there is never ready", async () => {
  const { store } = buildStore({ refusal: { error: "not-found", message: "There is no such channel." } });

  await expect(store.ready).rejects.toMatchObject({ error: "not-found" });
  expect(store.reason).toBe("not-found");
});

test("after it was closed nothing is told any more, and the channel is left", async () => {
  const { store, sent, wire } = buildStore();
  await store.ready;
  const heard = vi.fn();
  store.on("change", heard);

  store.close();
  wire.frame(frame(change(2, "second")));

  expect(heard).not.toHaveBeenCalled();
  expect(store.seq).toBe(1);
  expect(sent).toEqual(["detach", "leave"]);
});
