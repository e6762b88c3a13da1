import { expect, test } from "vitest";
import { formFields } from "./form.ts";

const parse = (body: string | Uint8Array) => formFields({ body: Buffer.from(body) });

test("the fields of a form are decoded, and a field that occurs twice has its last value", () => {
  expect(parse("From=%2B4930&Text=Hello+Ada&Text=%C3%A4&Empty=")).toEqual({ From: "+4930", Text: "ä", Empty: "" });
  expect(parse("")).toEqual({});
});

test("characters that Postgres cannot store are replaced in names and values", () => {
  expect(parse("a%00b=x%00y")).toEqual({ "a\uFFFDb": "x\uFFFDy" });
  expect(parse(Uint8Array.of(0x61, 0x3d, 0xff, 0x00))).toEqual({ a: "\uFFFD\uFFFD" });
  expect(parse("a=%ED%A0%BD")["a"]).toMatch(/^\uFFFD+$/);
});
