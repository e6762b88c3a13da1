import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fieldErrors } from "./field-errors.ts";

/** What is told of a body: `<pointer>: <detail>` for each error. */
function told(schema: z.ZodType, body: unknown): string[] {
  const { error } = schema.safeParse(body);
  return error ? fieldErrors(error, body).map(({ pointer, detail }) => `${pointer}: ${detail}`) : [];
}

describe("one field", () => {
  const schema = z.strictObject({ text: z.string().max(3), tags: z.array(z.string()).optional() });

  test("that is absent is required", () => {
    expect(told(schema, {})).toEqual(["/text: is required"]);
  });
  test("of a wrong type, too long or deep in a list says what is expected", () => {
    expect(told(schema, { text: 7 })).toEqual(["/text: expected string"]);
    expect(told(schema, { text: "long" })).toEqual(["/text: Too big: expected string to have <=3 characters"]);
    expect(told(schema, { text: "a", tags: ["x", null] })).toEqual(["/tags/1: expected string"]);
  });
  test("that is not known is named, each by its own pointer", () => {
    expect(told(schema, { text: "a", "a/b~c": 1, other: 2 })).toEqual([
      "/a~1b~0c: is not known",
      "/other: is not known",
    ]);
  });
  test("that the caller named at length is cut, and there is an end to the list", () => {
    const errors = told(
      schema,
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}${"x".repeat(9_000)}`, 1])),
    );
    expect(errors).toHaveLength(20);
    expect(Math.max(...errors.map((error) => error.length))).toBeLessThan(200);
  });
  test("named as a thing that every object has is still absent", () => {
    expect(told(z.object({ constructor: z.string() }), {})).toEqual(["/constructor: is required"]);
  });
});

describe("a choice by type", () => {
  const text = z.strictObject({ type: z.literal("text"), text: z.string() });
  const image = z.strictObject({
    type: z.literal("image"),
    image: z.union([z.strictObject({ id: z.string() }), z.strictObject({ link: z.url() })]),
  });

  test.each([
    ["discriminated", z.strictObject({ message: z.discriminatedUnion("type", [text, image]) })],
    ["plain", z.strictObject({ message: z.union([text, image]) })],
  ])("%s: an unknown type lists those that are known", (_, schema) => {
    expect(told(schema, { message: { type: "song", text: "a" } })).toEqual([
      "/message/type: must be one of text, image",
    ]);
    expect(told(schema, { message: {} })).toEqual(["/message/type: must be one of text, image"]);
    expect(told(schema, { message: { type: "text" } })).toEqual(["/message/text: is required"]);
    expect(told(schema, { message: { type: "image", image: { link: "nowhere" } } })).toEqual([
      "/message/image/link: Invalid URL",
    ]);
    expect(told(schema, {})).toEqual(["/message: is required"]);
  });
});

test("a schema's own words on a field that is absent are told as they are", () => {
  const schema = z.object({ a: z.string().optional(), b: z.string().optional() }).superRefine(({ a, b }, context) => {
    if (a === b) context.addIssue({ code: "custom", path: ["a"], message: "or b is required" });
  });
  expect(told(schema, {})).toEqual(["/a: or b is required"]);
});

describe("a choice by which field is there", () => {
  const schema = z.object({
    to: z.union([
      z.strictObject({ phone: z.string() }),
      z.strictObject({ conversation: z.strictObject({ id: z.uuid() }) }),
    ]),
  });

  test("with none of them names them all", () => {
    expect(told(schema, { to: {} })).toEqual(["/to: must have one of phone, conversation"]);
  });
  test("with several of them says that one is enough", () => {
    const both = { phone: "1", conversation: { id: "00000000-0000-0000-0000-000000000000" } };
    expect(told(schema, { to: both })).toEqual(["/to: must have only one of conversation, phone"]);
  });
  test("tells of the branch that was meant", () => {
    expect(told(schema, { to: { phone: 1 } })).toEqual(["/to/phone: expected string"]);
    expect(told(schema, { to: { conversation: { id: "x" } } })).toEqual(["/to/conversation/id: Invalid UUID"]);
  });
  test("of another type altogether says so once", () => {
    expect(told(schema, { to: "49151" })).toEqual(["/to: expected object"]);
    expect(told(z.object({ id: z.union([z.string(), z.number()]) }), { id: true })).toEqual([
      "/id: expected string, or expected number",
    ]);
  });
});
