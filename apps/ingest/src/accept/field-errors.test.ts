import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fieldErrors } from "./field-errors.ts";

/** The errors of a body as `<pointer>: <detail>`. */
function errorsOf(schema: z.ZodType, body: unknown): string[] {
  const { error } = schema.safeParse(body);
  return error ? fieldErrors(error, body).map(({ pointer, detail }) => `${pointer}: ${detail}`) : [];
}

describe("one field", () => {
  const schema = z.strictObject({ text: z.string().max(3), tags: z.array(z.string()).optional() });

  test("absent: is required", () => {
    expect(errorsOf(schema, {})).toEqual(["/text: is required"]);
  });
  test("of a wrong type, too long, or inside a list: names what is expected", () => {
    expect(errorsOf(schema, { text: 7 })).toEqual(["/text: expected string"]);
    expect(errorsOf(schema, { text: "long" })).toEqual(["/text: Too big: expected string to have <=3 characters"]);
    expect(errorsOf(schema, { text: "a", tags: ["x", null] })).toEqual(["/tags/1: expected string"]);
  });
  test("unknown: is named by its own pointer", () => {
    expect(errorsOf(schema, { text: "a", "a/b~c": 1, other: 2 })).toEqual([
      "/a~1b~0c: is not a known field",
      "/other: is not a known field",
    ]);
  });
  test("unknown with a long name: is cut, and the list is limited", () => {
    const errors = errorsOf(
      schema,
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}${"x".repeat(9_000)}`, 1])),
    );
    expect(errors).toHaveLength(20);
    expect(Math.max(...errors.map((error) => error.length))).toBeLessThan(200);
  });
  test("with the name of an inherited property: is still absent", () => {
    expect(errorsOf(z.object({ constructor: z.string() }), {})).toEqual(["/constructor: is required"]);
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
  ])("%s: an unknown type lists the known types", (_, schema) => {
    expect(errorsOf(schema, { message: { type: "song", text: "a" } })).toEqual([
      "/message/type: must be one of text, image",
    ]);
    expect(errorsOf(schema, { message: {} })).toEqual(["/message/type: must be one of text, image"]);
    expect(errorsOf(schema, { message: { type: "text" } })).toEqual(["/message/text: is required"]);
    expect(errorsOf(schema, { message: { type: "image", image: { link: "nowhere" } } })).toEqual([
      "/message/image/link: Invalid URL",
    ]);
    expect(errorsOf(schema, {})).toEqual(["/message: is required"]);
  });
});

test("a custom message about an absent field is kept", () => {
  const schema = z.object({ a: z.string().optional(), b: z.string().optional() }).superRefine(({ a, b }, context) => {
    if (a === b) context.addIssue({ code: "custom", path: ["a"], message: "or b is required" });
  });
  expect(errorsOf(schema, {})).toEqual(["/a: or b is required"]);
});

describe("a choice by which field is present", () => {
  const schema = z.object({
    to: z.union([
      z.strictObject({ phone: z.string() }),
      z.strictObject({ conversation: z.strictObject({ id: z.uuid() }) }),
    ]),
  });

  test("none present: names all of them", () => {
    expect(errorsOf(schema, { to: {} })).toEqual(["/to: must have one of phone, conversation"]);
  });
  test("several present: asks for only one", () => {
    const both = { phone: "1", conversation: { id: "00000000-0000-0000-0000-000000000000" } };
    expect(errorsOf(schema, { to: both })).toEqual(["/to: must have only one of conversation, phone"]);
  });
  test("reports the branch that the caller meant", () => {
    expect(errorsOf(schema, { to: { phone: 1 } })).toEqual(["/to/phone: expected string"]);
    expect(errorsOf(schema, { to: { conversation: { id: "x" } } })).toEqual(["/to/conversation/id: Invalid UUID"]);
  });
  test("of another type: reports it once", () => {
    expect(errorsOf(schema, { to: "49151" })).toEqual(["/to: expected object"]);
    expect(errorsOf(z.object({ id: z.union([z.string(), z.number()]) }), { id: true })).toEqual([
      "/id: expected string, or expected number",
    ]);
  });
});
