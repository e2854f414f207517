import { expect, test } from "vitest";
import { canBeShown, mediaTypeOf } from "./media-type.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

test.each([
  ["plain words", Buffer.from("Buy milk, then 1 < 2.\n"), "text/plain", true],
  ["nothing", Buffer.alloc(0), "text/plain", true],
  ["a picture", png, "image/png", true],
  ["a GIF that is also a script", Buffer.from("GIF89a/*<script>alert(1)</script>*/=1"), "image/gif", true],
  ["a page", Buffer.from("<!DOCTYPE html><p>hello"), "text/html", false],
  ["a page behind spaces", Buffer.from("\n\n   <html><body onload=alert(1)>"), "text/html", false],
  ["a script in text", Buffer.from("hello <script>alert(1)</script>"), "text/html", false],
  ["SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), "image/svg+xml", false],
  [
    "SVG behind a declaration",
    Buffer.from('<?xml version="1.0"?><!-- x --><svg onload="alert(1)"/>'),
    "image/svg+xml",
    false,
  ],
  ["XML", Buffer.from('<?xml version="1.0"?><note/>'), "application/xml", false],
  ["a document", Buffer.from("%PDF-1.7\n"), "application/pdf", false],
  ["a program", Buffer.from("4d5a90000300000004000000ffff0000", "hex"), "application/x-msdownload", false],
  ["a page in UTF-16", utf16("<html><script>alert(1)</script>"), "application/octet-stream", false],
  ["anything else", Buffer.from([1, 2, 3, 0, 255]), "application/octet-stream", false],
])("%s", async (_, sample, mediaType, shown) => {
  const found = await mediaTypeOf(sample);
  expect(found).toBe(mediaType);
  expect(canBeShown(found)).toBe(shown);
});
