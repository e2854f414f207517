import { expect, test } from "vitest";
import { letterHtml, letterText } from "./letter.html.ts";

const table =
  "<table><thead><tr><th>Name</th><th>Value</th></tr></thead><tbody><tr><td>a</td><td>1</td></tr></tbody></table>";
const pictures = '<p>See <img src="/files/1" alt="the plan"> and <img src="/files/2"></p>';

test("in text a table keeps its cells apart, and words stand for pictures", () => {
  expect(letterText(table).split("\n")).toEqual([
    expect.stringMatching(/^Name +Value$/),
    expect.stringMatching(/^a +1$/),
  ]);
  expect(letterText(pictures)).toBe("See [the plan] and [picture]");
});

test("in HTML words stand for pictures, too, and nothing is loaded", () => {
  expect(letterHtml(pictures)).toBe("<p>See <em>[the plan]</em> and <em>[picture]</em></p>");
});
