import { type Change, type EntityViews, errorOf, type LiveStore, type Taskwire } from "../client/index.ts";
import type { Network } from "../server/testing/network.ts";

/** What somebody heard of a channel. */
export interface Heard {
  readonly name: string;
  readonly store: LiveStore;
  /** Numbers of the changes, in the order they came. */
  readonly seqs: number[];
  readonly since: number;
}

export interface Outcome {
  readonly heard: readonly Heard[];
  readonly written: number;
  readonly refused: ReadonlyMap<string, number>;
  /** The last number of the channel. */
  readonly head: number;
  readonly fresh: Record<string, readonly { id: string }[]>;
}

type Task = EntityViews["task"];

const actionsEach = 75;
const inFlight = 6;

/** Two people move, edit and create at once, in one project; one is without network in the middle third. */
export async function workTogether(options: {
  ada: Taskwire;
  grace: Taskwire;
  network: Network;
  projectId: string;
  step(line: string): void;
}): Promise<Outcome> {
  const { ada, grace, network, projectId, step } = options;
  const channel = `project:${projectId}` as const;
  const heard = [await listen("Ada", ada, channel), await listen("Grace", grace, channel)];
  step("Both see the board live.");

  const refused = new Map<string, number>();
  let written = 0;
  let begun = 0;
  const total = actionsEach * 2;
  const act = async (who: Taskwire, store: LiveStore) => {
    try {
      await randomAction(who, store, projectId);
      written += 1;
    } catch (error) {
      const { error: code } = errorOf(error);
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
  };
  let isAway = false;
  const comeBack = () => {
    if (!isAway) return;
    isAway = false;
    network.restore();
    step("Grace is back.");
  };
  const work = async (who: Taskwire, store: LiveStore, share: number) => {
    for (let at = 0; at < share; at += 1) {
      begun += 1;
      if (begun % 25 === 0) step(`  … ${begun} of ${total} actions`);
      if (begun === Math.floor(total / 3)) {
        isAway = true;
        network.unplug();
        step("Grace is cut off from the network; Ada works on, Grace's actions wait.");
      }
      if (begun === Math.floor((total * 2) / 3)) comeBack();
      await act(who, store);
    }
  };
  const [first, second] = heard as [Heard, Heard];
  const shares = Array.from({ length: inFlight }, (_, at) => Math.ceil((actionsEach - at) / inFlight));
  await Promise.all([
    // Grace does nothing while she is away, so the work may never come to the point where she returns.
    Promise.all(shares.map((share) => work(ada, first.store, share))).then(comeBack),
    ...shares.map((share) => work(grace, second.store, share)),
  ]);
  network.restore();

  const { seq: head, entities } = await ada.api.sync.snapshot.query({ channel });
  step("Waiting until both have heard everything …");
  await Promise.all(heard.map(({ store }) => caughtUp(store, head)));
  return { heard, written, refused, head, fresh: entities as Outcome["fresh"] };
}

async function listen(name: string, { live }: Taskwire, channel: `project:${string}`): Promise<Heard> {
  const store = live(channel);
  await store.ready;
  const seqs: number[] = [];
  const since = store.seq;
  store.on("change", (change) => seqs.push((change as Change).seq));
  return { name, store, seqs, since };
}

/** Ends when the store has come as far, or after a minute: the report then shows what is missing. */
function caughtUp(store: LiveStore, seq: number): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, 60_000);
    const look = () => {
      if (store.seq < seq) return;
      clearTimeout(timer);
      done();
    };
    store.subscribe(look);
    look();
  });
}

const anyOf = <T>(choices: readonly T[]): T => choices[Math.floor(Math.random() * choices.length)] as T;

async function randomAction({ api }: Taskwire, store: LiveStore, projectId: string): Promise<void> {
  const tasks = [...store.entities.task.values()];
  const statuses = [...store.entities.status.values()];
  const task = anyOf(tasks);
  const status = anyOf(statuses);
  const kind = Math.random();
  if (kind < 0.2 || !task) {
    await api.tasks.create.mutate({
      projectId,
      title: `Idea ${Math.random().toString(36).slice(2, 8)}`,
      statusId: status.id,
    });
  } else if (kind < 0.5) {
    await api.tasks.update.mutate({
      taskId: task.id,
      title: `${task.title.replace(/ ✎.*$/, "")} ✎ ${Math.floor(Math.random() * 100)}`,
    });
  } else {
    const others = tasks.filter((other: Task) => other.statusId === status.id && other.id !== task.id);
    const behind = Math.random() < 0.3 ? null : (anyOf(others)?.id ?? null);
    await api.tasks.move.mutate({ taskId: task.id, toStatusId: status.id, afterTaskId: behind });
  }
}
