import { describe, expect, test } from "vitest";
import { contentOf } from "./content.ts";

describe("the text that a person would read", () => {
  test.each([
    ["coordinates without a name", { type: "location", location: { latitude: 1.5, longitude: -2 } }, "1.5, -2"],
    ["a list's row", { interactive: { type: "list_reply", list_reply: { id: "a", title: "Rye" } } }, "Rye"],
    [
      "a call permission",
      { interactive: { type: "call_permission_reply", call_permission_reply: { response: "accept" } } },
      "accept",
    ],
    ["an answer of a kind to come", { interactive: { type: "product", product: { sku: 1 } } }, undefined],
    ["an answer named like a method", { interactive: { type: "constructor" } }, undefined],
    ["an order without words", { type: "order", order: { text: "" } }, undefined],
  ])("%s", (_name, message, body) => {
    expect(contentOf({ type: "interactive", ...message }, []).body).toBe(body);
  });
});

test("a sticker that moves says so", () => {
  expect(contentOf({ type: "sticker", sticker: { id: 7, animated: true } }, []).media).toMatchObject({
    id: "7",
    flavour: "animated",
  });
});

test.each(["unknown", "unsupported", "request_welcome", "__proto__", undefined, 7])(
  "type %s is a placeholder",
  (type) => {
    expect(contentOf({ type }, [])).toEqual({ type: "unsupported" });
  },
);

test("a reason names the field and nothing that is in it", () => {
  const message = { type: "text", text: { body: ["my secret"] } };
  expect(() => contentOf(message, ["message"])).toThrow(/^payload not understood: message\.text\.body$/);
});
