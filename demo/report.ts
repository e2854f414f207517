import type { Arrival } from "./talk.ts";
import type { Outcome } from "./work.ts";

/** Prints what was written and heard. @returns whether nobody missed anything */
export function report({ heard, written, refused, head, fresh }: Outcome): boolean {
  const rows = heard.map(({ name, store, seqs, since }) => {
    const expected = head - since;
    const distinct = new Set(seqs);
    return {
      person: name,
      changes: expected,
      received: seqs.length,
      missing: expected - distinct.size,
      doubled: seqs.length - distinct.size,
      "out of order": seqs.filter((seq, at) => at > 0 && seq <= (seqs[at - 1] as number)).length,
      "equal to a fresh snapshot": sameEntities(store.entities, fresh) ? "yes" : "NO",
    };
  });
  const refusals = [...refused].map(([code, count]) => `${count} ${code}`).join(", ");
  console.log(`\n${written} actions were written${refusals ? `; not done: ${refusals}` : ""}.\n`);
  console.table(Object.fromEntries(rows.map(({ person, ...row }) => [person, row])));
  const good = rows.every(
    (row) =>
      row.missing === 0 && row.doubled === 0 && row["out of order"] === 0 && row["equal to a fresh snapshot"] === "yes",
  );
  console.log(good ? "Nobody missed anything." : "Somebody missed something.");
  return good;
}

/** Prints what was to reach Grace. @returns whether all of it did */
export function reportArrivals(arrivals: readonly Arrival[]): boolean {
  console.log("\nWhat Ada's comment set off:\n");
  console.table(
    Object.fromEntries(
      arrivals.map(({ what, arrived, afterMs }) => [
        what,
        { expected: "yes", arrived: arrived ?? "NO", "after ms": afterMs },
      ]),
    ),
  );
  const good = arrivals.every(({ arrived }) => arrived !== null);
  console.log(good ? "All of it arrived." : "Something did not arrive.");
  return good;
}

type Known = Record<string, ReadonlyMap<string, object>>;

function sameEntities(entities: object, fresh: Outcome["fresh"]): boolean {
  return Object.entries(fresh).every(([entity, rows]) => {
    const known = (entities as Known)[entity] ?? new Map();
    return known.size === rows.length && rows.every((row) => same(known.get(row.id), row));
  });
}

function same(a: unknown, b: unknown): boolean {
  const sorted = (_: string, value: unknown) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
      : value;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}
