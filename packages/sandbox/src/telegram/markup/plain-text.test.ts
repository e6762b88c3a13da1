import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

test.each([
  ["HTML", '<b>a</b> <a href="https://a.example/?b=1">b</a> &lt;c&gt; &amp; &#100;&#x65;', "a b <c> & de"],
  ["html", "<blockquote expandable>a<i>b</i></blockquote><tg-spoiler>c</tg-spoiler> 1 &copy; 2", "abc 1 &copy; 2"],
  ["MarkdownV2", "*a* _b_ __c__ ~d~ ||e|| `f\\`` [g](https://a.example/\\)) 1\\.", "a b c d e f\\` g 1."],
  ["MarkdownV2", ">a\n>b\n```js\nx.y()\n```", "a\nb\njs\nx.y()"],
  ["Markdown", "*a* _b_ `c` [d](https://a.example) 1. e\\_f", "a b c d 1. e_f"],
  [undefined, " <b>a</b> ", "<b>a</b>"],
])("%s %j has the plain text %j", (mode, text, plain) => {
  expect(plainText(text, mode)).toBe(plain);
});

test.each([
  ["HTML", "<b>a", `Can't find end tag corresponding to start tag "b"`],
  ["HTML", "ü<b><i>a</b></i>", 'Unmatched end tag at byte offset 9, expected "</i>", found "</b>"'],
  ["HTML", "a</b>", "Unexpected end tag at byte offset 1"],
  ["HTML", "a <div>b</div>", 'Unsupported start tag "div" at byte offset 2'],
  ["HTML", "1 < 2", 'Unsupported start tag "" at byte offset 2'],
  ["HTML", "a<br/>b", 'Unsupported start tag "br/" at byte offset 1'],
  ["HTML", "a <b", "Unclosed start tag at byte offset 2"],
  ["HTML", 'a <a href="b"', "Unclosed start tag at byte offset 2"],
  ["MarkdownV2", "1.", "Character '.' is reserved and must be escaped with the preceding '\\'"],
  ["MarkdownV2", "a-b", "Character '-' is reserved and must be escaped with the preceding '\\'"],
  ["MarkdownV2", "ü *a", "Can't find end of Bold entity at byte offset 3"],
  ["MarkdownV2", "*a _b* c_", "Can't find end of Italic entity at byte offset 8"],
  ["MarkdownV2", "`a", "Can't find end of Code entity at byte offset 0"],
  ["MarkdownV2", "[a](b", "Can't find end of a URL at byte offset 3"],
  ["Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"],
])("%s %j is rejected: %s", (mode, text, reason) => {
  expect(() => plainText(text, mode)).toThrow(`Bad Request: can't parse entities: ${reason}`);
});
