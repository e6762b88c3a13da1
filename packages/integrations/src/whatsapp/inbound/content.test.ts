import { describe, expect, test } from "vitest";
import { contentOf } from "./content.ts";

describe("the text of a message", () => {
  test.each([
    ["coordinates without a name", { type: "location", location: { latitude: 1.5, longitude: -2 } }, "1.5, -2"],
    ["a list's row", { interactive: { type: "list_reply", list_reply: { id: "a", title: "Rye" } } }, "Rye"],
    [
      "a call permission",
      { interactive: { type: "call_permission_reply", call_permission_reply: { response: "accept" } } },
      "accept",
    ],
    ["an answer of an unknown kind", { interactive: { type: "product", product: { sku: 1 } } }, undefined],
    ["an answer with the name of a method", { interactive: { type: "constructor" } }, undefined],
    ["an order without a text", { type: "order", order: { text: "" } }, undefined],
  ])("%s", (_name, message, body) => {
    expect(contentOf({ type: "interactive", ...message }, []).body).toBe(body);
  });
});

test("an animated sticker has the flavour animated", () => {
  expect(contentOf({ type: "sticker", sticker: { id: 7, animated: true } }, []).media).toMatchObject({
    id: "7",
    flavour: "animated",
  });
});

test.each(["unknown", "unsupported", "request_welcome", "__proto__", undefined, 7])(
  "type %s is unsupported",
  (type) => {
    expect(contentOf({ type }, [])).toEqual({ type: "unsupported" });
  },
);

test("an error names the field and contains none of its text", () => {
  const message = { type: "text", text: { body: ["my secret"] } };
  expect(() => contentOf(message, ["message"])).toThrow(/^payload not understood: message\.text\.body$/);
});
