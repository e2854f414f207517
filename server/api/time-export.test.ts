import { expect, test } from "vitest";
import { sceneOf } from "../testing/files.ts";
import { working } from "../testing/working.ts";

const scene = sceneOf();

async function report(name: string) {
  const world = await working(scene());
  const { organization, owner, worker, asWorker, asOwner, project } = world;
  await asWorker.users.update({ name });
  const organizationId = organization.id;
  await asOwner.rates.create({ organizationId, startsOn: "2026-01-01", amountMinorPerHour: 8_050, currency: "EUR" });
  await asOwner.timeEntries.create({ projectId: project.id, spentOn: "2026-02-11", durationMinutes: 30 });
  const address = `/time-reports/export?organizationId=${organizationId}&from=2026-02-01&to=2026-02-28&by=person&by=day&money=true`;
  return { ...world, owner, worker, address };
}

test("a report leaves as CSV in which no cell is a formula", async () => {
  const { owner, address } = await report('=HYPERLINK("x")');

  const response = await scene().fetch(owner, address);

  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="time-2026-02-01-2026-02-28.csv"');
  const [head, ...rows] = (await response.text()).trim().split("\n");
  expect(head).toBe(
    "person,day,durationMinutes,billableMinutes,entries,estimateMinutes,estimatedDurationMinutes,amount EUR",
  );
  expect(rows).toContain(`"'=HYPERLINK(""x"")",2026-02-10,60,60,1,,0,80.5`);
  expect(rows.at(-1)).toBe("total,,90,90,2,,0,120.75");
});

test("and as XLSX, whose texts are texts", async () => {
  const { owner, address } = await report("=1+1");

  const response = await scene().fetch(owner, `${address}&format=xlsx`);

  expect(response.headers.get("content-type")).toContain("spreadsheetml");
  const bytes = Buffer.from(await response.arrayBuffer());
  const files = await unzip(bytes);
  const sheet = files["xl/worksheets/sheet1.xml"] ?? "";
  expect(sheet).toContain("<v>80.5</v>");
  expect(sheet).not.toContain("<f>");
  expect(files["xl/sharedStrings.xml"]).toContain("=1+1");
});

test.for([
  ["nobody", "", 401],
  ["a worker who asks for money", "", 403],
  ["an unknown grouping", "&by=mood", 400],
  ["an unknown format", "&format=pdf", 400],
] as const)("an export for %s is refused", async ([who, part, status]) => {
  const { owner, worker, address } = await report("Ada");
  const caller = who === "nobody" ? null : who.startsWith("a worker") ? worker : owner;
  const response = await scene().fetch(caller, `${address}${part}`);
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toContain("application/json");
});

/** The texts of a ZIP's files, by the sizes and places in its central directory (APPNOTE 6.3.10 §4.3.12). */
async function unzip(bytes: Buffer): Promise<Record<string, string>> {
  const { inflateRawSync } = await import("node:zlib");
  const files: Record<string, string> = {};
  for (let at = bytes.indexOf("PK\u0001\u0002"); at >= 0; at = bytes.indexOf("PK\u0001\u0002", at + 46)) {
    const name = bytes.subarray(at + 46, at + 46 + bytes.readUInt16LE(at + 28)).toString();
    const local = bytes.readUInt32LE(at + 42);
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(begin, begin + bytes.readUInt32LE(at + 20));
    files[name] = (bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed).toString();
  }
  return files;
}
