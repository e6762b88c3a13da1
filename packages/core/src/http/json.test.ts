import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonBody } from "./json.ts";

const parse = (text: string) => parseJsonBody(Buffer.from(text));

test("what JSON.stringify writes is read back as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, (_key, entry: unknown) =>
        Number.isInteger(entry) && !Number.isSafeInteger(entry) ? 0 : entry,
      );
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("an id above 2^53 keeps every digit, as a number or as a string", () => {
  expect(parse('{"id":9007199254740993,"list":[-90071992547409931],"text":"id: 9007199254740993"}')).toEqual({
    ok: true,
    value: { id: "9007199254740993", list: ["-90071992547409931"], text: "id: 9007199254740993" },
  });
  expect(parse('{"id":9007199254740991,"price":1234567890123456.5}')).toEqual({
    ok: true,
    value: { id: 9007199254740991, price: 1234567890123456.5 },
  });
});

test("text that Postgres cannot store is replaced, the rest of it stays", () => {
  expect(parse(String.raw`{"a":"x\u0000y","b":"\ud83d","c":"\ud83d\ude00"}`)).toEqual({
    ok: true,
    value: { a: "x\uFFFDy", b: "\uFFFD", c: "😀" },
  });
});

test("bytes that are no JSON are kept with the reason", () => {
  expect(parse("{")).toEqual({ ok: false, reason: "the body is not JSON", raw: "{" });
  expect(parseJsonBody(Uint8Array.of(0xff, 0xfe))).toEqual({ ok: false, reason: "the body is not UTF-8", raw: "//4=" });
  expect(parse("\u0000")).toEqual({ ok: false, reason: "the body is not JSON", raw: "\uFFFD" });
});

test("nesting that would overflow a stack is unreadable, however deep", () => {
  for (const depth of [201, 100_000]) {
    expect(parse("[".repeat(depth) + "]".repeat(depth))).toMatchObject({
      ok: false,
      reason: "JSON nested deeper than 200",
    });
  }
  expect(parse("[".repeat(200) + "]".repeat(200)).ok).toBe(true);
  expect(parse(JSON.stringify({ text: "[{".repeat(500) })).ok).toBe(true);
});
