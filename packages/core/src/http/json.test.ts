import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJsonBody } from "./json.ts";

const parse = (text: string) => parseJsonBody(Buffer.from(text));

test("parsing returns what JSON.stringify wrote", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, (_key, field: unknown) =>
        Number.isInteger(field) && !Number.isSafeInteger(field) ? 0 : field,
      );
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("an id above 2^53 keeps every digit, whether it is a number or a string", () => {
  expect(parse('{"id":9007199254740993,"list":[-90071992547409931],"text":"id: 9007199254740993"}')).toEqual({
    ok: true,
    value: { id: "9007199254740993", list: ["-90071992547409931"], text: "id: 9007199254740993" },
  });
  expect(parse('{"id":9007199254740991,"price":1234567890123456.5}')).toEqual({
    ok: true,
    value: { id: 9007199254740991, price: 1234567890123456.5 },
  });
});

test("characters that Postgres cannot store are replaced, and the rest of the text stays", () => {
  expect(parse(String.raw`{"a":"x\u0000y","b":"\ud83d","c":"\ud83d\ude00"}`)).toEqual({
    ok: true,
    value: { a: "x\uFFFDy", b: "\uFFFD", c: "😀" },
  });
});

test("a body that is not JSON is returned with the reason", () => {
  expect(parse("{")).toEqual({ ok: false, reason: "the body is not JSON", raw: "{" });
  expect(parseJsonBody(Uint8Array.of(0xff, 0xfe))).toEqual({ ok: false, reason: "the body is not UTF-8", raw: "//4=" });
  expect(parse("\u0000")).toEqual({ ok: false, reason: "the body is not JSON", raw: "\uFFFD" });
});

test("JSON nested deeper than 200 levels is unreadable, and 200 levels are not", () => {
  for (const depth of [201, 100_000]) {
    expect(parse("[".repeat(depth) + "]".repeat(depth))).toMatchObject({
      ok: false,
      reason: "JSON nested deeper than 200",
    });
  }
  expect(parse("[".repeat(200) + "]".repeat(200)).ok).toBe(true);
  expect(parse(JSON.stringify({ text: "[{".repeat(500) })).ok).toBe(true);
});
