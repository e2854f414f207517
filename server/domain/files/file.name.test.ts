import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fileName } from "./file.name.ts";

test.each([
  ["notes.txt", "notes.txt"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\windows\\system32\\config", "config"],
  ["C:\\Users\\ada\\résumé.pdf", "résumé.pdf"],
  ["/", "file"],
  ["..", "file"],
  ["...", "file"],
  ["", "file"],
  ["a/../..", "file"],
  ["evil\u0000.png", "evil.png"],
  ["photo\u202Egnp.exe", "photognp.exe"],
  ["line\r\nbreak.txt", "linebreak.txt"],
  ['quote".txt', "quote_.txt"],
  ["con", "_con"],
  ["NUL.tar.gz", "_NUL.tar.gz"],
  ["console.log", "console.log"],
  ["trailing. . ", "trailing"],
  [".env", ".env"],
  ["e\u0301.txt", "é.txt"],
  ["日本語.txt", "日本語.txt"],
  ["👩‍👧.png", "👩‍👧.png"],
  ["half\uD800.txt", "half\uFFFD.txt"],
  [`${"a".repeat(300)}.pdf`, `${"a".repeat(251)}.pdf`],
  [`${"ü".repeat(200)}.png`, `${"ü".repeat(125)}.png`],
])("%j is kept as %j", (given, kept) => {
  expect(fileName(given)).toBe(kept);
});

test("whatever is given, the name is safe and stays what it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (given) => {
      const name = fileName(given);
      expect(name).not.toBe("");
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      expect(name).not.toMatch(/[/\\\p{Cc}]/u);
      expect([".", ".."]).not.toContain(name);
      expect(fileName(name)).toBe(name);
    }),
  );
});
