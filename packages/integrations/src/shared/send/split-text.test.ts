import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitText } from "./split-text.ts";

const squeezed = (text: string) => text.replaceAll(/\s/g, "");
const MAX = 20;
/** An e with an accent, of two code points. */
const ACCENT = "e\u0301";

const piece = fc.oneof(
  fc.constantFrom(" ", "\n", "\n\n", "  ", ". ", "! ", "。", "word", "👩‍👩‍👧‍👦", "e\u0301", "🇩🇪", "नमस्ते", "\u0300"),
  fc.constantFrom("https://a.example/?Q=1", "www.b.example", "longer-than-one-part-is", "日本語の文章", "สวัสดีครับ"),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

describe("whatever the text", () => {
  test("no part is too long or empty, and only white space goes", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 60 }), (whole, max) => {
        const parts = splitText(whole, max);
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(max);
          expect(part.trim()).not.toBe("");
        }
        expect(squeezed(parts.join(""))).toBe(squeezed(whole));
      }),
      { numRuns: 2000 },
    );
  });

  test("a surrogate pair is never cut", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 9 }), (whole, max) => {
        fc.pre(whole.isWellFormed());
        expect(splitText(whole, max).every((part) => part.isWellFormed())).toBe(true);
      }),
    );
  });

  test("what people see as one character is only cut when it is too long itself", () => {
    const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
    const split = (whole: string) =>
      [...graphemes.segment(whole)].map(({ segment }) => segment).filter((one) => one.trim());
    const emoji = fc.array(fc.constantFrom("👩‍👩‍👧‍👦", "e\u0301", "🇩🇪", "a", " ", "\u0300", "न", "म"), { maxLength: 40 });
    fc.assert(
      fc.property(emoji, (pieces) => {
        const whole = `x${pieces.join("")}`;
        fc.pre(split(whole).every((one) => one.length <= MAX));
        expect(splitText(whole, MAX).flatMap(split).map(squeezed)).toEqual(split(whole).map(squeezed));
      }),
      { numRuns: 1000 },
    );
  });

  test("a word or URL is only cut when it is too long itself", () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-zäß]{1,20}$/),
      fc.stringMatching(/^https:\/\/[a-z.?=/A-Z]{0,12}$/),
      fc.constantFrom("end.", "What?", "(so!)"),
    );
    const gap = fc.constantFrom(" ", "\n", "\n\n", "   ");
    fc.assert(
      fc.property(fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 60 }), (words) => {
        const parts = splitText(words.flat().join(""), MAX);
        expect(parts.flatMap((part) => part.trim().split(/\s+/))).toEqual(words.map(([one]) => one));
      }),
      { numRuns: 1000 },
    );
  });

  test("one that is short enough is left as it is", () => {
    fc.assert(
      fc.property(fc.string(), (whole) => {
        fc.pre(whole.trim() !== "");
        expect(splitText(whole, Math.max(2, whole.length))).toEqual([whole]);
      }),
    );
  });
});

describe("the best place", () => {
  test.each([
    ["between paragraphs", "One two three.\n\nFour. Five", ["One two three.", "Four. Five"]],
    ["between lines, the indent kept", "One two. six\n  - three four", ["One two. six", "  - three four"]],
    ["between sentences", "One two three. Four, five", ["One two three.", "Four, five"]],
    ["after a closing quote", '"One, two!" she said in it', ['"One, two!"', "she said in it"]],
    [
      "between sentences without spaces",
      "我今天去了学校上课。然后我回家吃饭了吗他说",
      ["我今天去了学校上课。", "然后我回家吃饭了吗他说"],
    ],
    ["between words", "one two three four five six", ["one two three four", "five six"]],
    ["between words without spaces", "xสวัสดีครับสวัสดีครับ", ["xสวัสดีครับสวัสดี", "ครับ"]],
    [
      "before a URL, and within one that is too long",
      "go https://a.example/?Q=1",
      ["go", "https://a.example/?Q", "=1"],
    ],
    [
      "before a URL that has no space before it",
      "请看这个网页https://a.example/Q1",
      ["请看这个网页", "https://a.example/Q1"],
    ],
    ["a part that just fits", `${"a".repeat(MAX)}\n\nb`, ["a".repeat(MAX), "b"]],
    ["too long a word", "a".repeat(25), ["a".repeat(20), "a".repeat(5)]],
    ["too long a word with accents", `x${ACCENT.repeat(11)}`, [`x${ACCENT.repeat(9)}`, ACCENT.repeat(2)]],
    ["no accent alone", `${"天".repeat(19)}。\u0300天`, ["天".repeat(19), "。\u0300天"]],
    [
      "a character that is too long itself",
      `${ACCENT}${"\u0300".repeat(30)}`,
      [`${ACCENT}${"\u0300".repeat(18)}`, "\u0300".repeat(12)],
    ],
    ["too early a paragraph", "One.\n\nTwo three four five six", ["One.\n\nTwo three four", "five six"]],
  ])("%s", (_name, whole, parts) => {
    expect(splitText(whole, MAX)).toEqual(parts);
  });

  test("nothing but white space is no message", () => {
    expect([splitText("", MAX), splitText(" \n ", MAX), splitText(" ".repeat(50), MAX)]).toEqual([[], [], []]);
  });

  test("a long text takes no long time", () => {
    const started = performance.now();
    expect(splitText("lorem ipsum ".repeat(100_000), 4096).length).toBeGreaterThan(290);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
