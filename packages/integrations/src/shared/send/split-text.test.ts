import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitText } from "./split-text.ts";

const squeezed = (text: string) => text.replaceAll(/\s/g, "");
const MAX = 20;
/** An e with a combining accent: one character of two code points. */
const ACCENT = "e\u0301";

const piece = fc.oneof(
  fc.constantFrom(" ", "\n", "\n\n", "  ", ". ", "! ", "。", "word", "👩‍👩‍👧‍👦", "e\u0301", "🇩🇪", "नमस्ते", "\u0300"),
  fc.constantFrom("https://a.example/?Q=1", "www.b.example", "longer-than-one-part-is", "日本語の文章", "สวัสดีครับ"),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

describe("for any text", () => {
  test("no part is empty or too long, and only white space is dropped", () => {
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

  test("a surrogate pair is never split", () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 9 }), (whole, max) => {
        fc.pre(whole.isWellFormed());
        expect(splitText(whole, max).every((part) => part.isWellFormed())).toBe(true);
      }),
    );
  });

  test("a grapheme is split only if it is longer than a part", () => {
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

  test("a word or URL is split only if it is longer than a part", () => {
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

  test("a text that fits into one part stays unchanged", () => {
    fc.assert(
      fc.property(fc.string(), (whole) => {
        fc.pre(whole.trim() !== "");
        expect(splitText(whole, Math.max(2, whole.length))).toEqual([whole]);
      }),
    );
  });
});

describe("splits at the best position", () => {
  test.each([
    ["between paragraphs", "One two three.\n\nFour. Five", ["One two three.", "Four. Five"]],
    ["between lines, the indent kept", "One two. six\n  - three four", ["One two. six", "  - three four"]],
    ["between sentences", "One two three. Four, five", ["One two three.", "Four, five"]],
    ["after a closing quote", '"One, two!" she sang in it', ['"One, two!"', "she sang in it"]],
    [
      "between sentences without spaces",
      "我今天去了学校上课。然后我回家吃饭了吗他说",
      ["我今天去了学校上课。", "然后我回家吃饭了吗他说"],
    ],
    ["between words", "one two three four five six", ["one two three four", "five six"]],
    ["between words without spaces", "xสวัสดีครับสวัสดีครับ", ["xสวัสดีครับสวัสดี", "ครับ"]],
    [
      "before a URL, and within a URL that is too long",
      "go https://a.example/?Q=1",
      ["go", "https://a.example/?Q", "=1"],
    ],
    [
      "before a URL without a space before it",
      "请看这个网页https://a.example/Q1",
      ["请看这个网页", "https://a.example/Q1"],
    ],
    ["not inside a part that just fits", `${"a".repeat(MAX)}\n\nb`, ["a".repeat(MAX), "b"]],
    ["inside a word that is too long", "a".repeat(25), ["a".repeat(20), "a".repeat(5)]],
    [
      "before an accented character in a word that is too long",
      `x${ACCENT.repeat(11)}`,
      [`x${ACCENT.repeat(9)}`, ACCENT.repeat(2)],
    ],
    ["never before a combining accent", `${"天".repeat(19)}。\u0300天`, ["天".repeat(19), "。\u0300天"]],
    [
      "inside a grapheme that is too long",
      `${ACCENT}${"\u0300".repeat(30)}`,
      [`${ACCENT}${"\u0300".repeat(18)}`, "\u0300".repeat(12)],
    ],
    [
      "not after a paragraph that ends too early",
      "One.\n\nTwo three four five six",
      ["One.\n\nTwo three four", "five six"],
    ],
  ])("%s", (_name, whole, parts) => {
    expect(splitText(whole, MAX)).toEqual(parts);
  });

  test("white space alone gives no part", () => {
    expect([splitText("", MAX), splitText(" \n ", MAX), splitText(" ".repeat(50), MAX)]).toEqual([[], [], []]);
  });

  test("a text of a million characters is split within five seconds", () => {
    const started = performance.now();
    expect(splitText("lorem ipsum ".repeat(100_000), 4096).length).toBeGreaterThan(290);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
