import { describe, expect } from "vitest";
import { figures } from "../domain/analytics/figures.ts";
import { toCsv } from "../domain/analytics/table.ts";
import { scopes } from "../domain/scopes.ts";
import { catchUp, foundProject } from "../testing/analytics.ts";
import { test } from "../testing/scene.ts";
import { serve } from "./api.fixture.ts";

describe.each([...figures.keys()])("%s", (name) => {
  test("is a picture and a table at an address of its own, behind the door of its procedure", async ({ scene }) => {
    const { manager, owner, project, todo, doing, done } = await foundProject(scene);
    const projectId = project.id;
    await manager.statuses.update({ statusId: doing, name: "<script>alert(1)</script>" });
    for (const toStatusId of [todo, doing, done]) {
      const { id: taskId } = await manager.tasks.create({ projectId, title: "One", dueOn: "2026-01-01" });
      await manager.tasks.move({ taskId, toStatusId: doing, afterTaskId: null });
      await manager.tasks.move({ taskId, toStatusId, afterTaskId: null });
    }
    await manager.timeEntries.create({ projectId, durationMinutes: 90 });
    await catchUp(scene);
    const token = { ...owner, scopes: scopes.filter((scope) => scope !== figures.get(name)?.scope) };
    const people = { owner, token, stranger: (await scene.organization()).owner };
    const api = await serve(
      scene.app,
      {},
      {
        authenticate: async (_app, { headers }) => people[headers.authorization as keyof typeof people] ?? null,
      },
    );
    const get = (format: string, who: string, more = "") =>
      fetch(`${api.url}/api/v1/analytics/${name}.${format}?scope=project:${projectId}${more}`, {
        headers: { authorization: who },
      });
    try {
      const picture = await get("svg", "owner", "&width=640&height=320");
      const svg = await picture.text();
      expect(picture.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8");
      expect(picture.headers.get("content-security-policy")).toContain("sandbox");
      expect(svg).not.toContain("<script>");
      expect(svg).toMatch(/^<svg width="640" height="320" [^>]*viewBox="0 0 640 320"[\s\S]*<\/svg>$/);

      const table = await get("csv", "owner");
      expect(table.headers.get("content-disposition")).toContain(`${name}.csv`);
      expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(await table.arrayBuffer())).toMatch(
        /^\uFEFF\w.*\r\n/,
      );

      const statuses = [
        get("svg", "token"),
        get("csv", "token"),
        get("svg", "stranger"),
        get("csv", "stranger"),
        get("svg", "nobody"),
        get("svg", "owner", "&width=9"),
        get("csv", "owner", "&width=640"),
      ];
      expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([403, 403, 404, 404, 401, 400, 400]);
    } finally {
      await api.close();
    }
  });
});

test("a table's words cannot become a spreadsheet's formulas", () => {
  const rows = [
    ["=1+1", 2],
    ["+1", 3],
    ["@now", 4],
    ["\tx", 5],
    ['say "no", thanks', null],
  ] as const;
  expect(toCsv({ columns: ["Name", "Tasks"], rows })).toBe(
    `\uFEFFName,Tasks\r\n'=1+1,2\r\n'+1,3\r\n'@now,4\r\n'\tx,5\r\n"say ""no"", thanks",\r\n`,
  );
});
