import fc from "fast-check";
import { expect, test } from "vitest";
import { contentHash, eventId, MAX_EVENT_ID_LENGTH } from "./event-id.ts";

test("an id is readable where its parts allow it", () => {
  expect(eventId("message", "1065", "wamid.HBgL=")).toBe("message.1065.wamid.HBgL=");
});

test("any parts give a sound id, the same every time", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (parts) => {
      const id = eventId("kind", ...parts);
      expect(id).toBe(eventId("kind", ...parts));
      expect(id).toMatch(/^kind\.[\x21-\x39\x3b-\x7e]*$/);
      expect(id.length).toBeLessThanOrEqual(MAX_EVENT_ID_LENGTH);
    }),
  );
});

test("a hash does not depend on the order of keys, but on that of lists", () => {
  expect(contentHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(contentHash({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
});
