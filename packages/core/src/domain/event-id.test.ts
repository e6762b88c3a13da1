import fc from "fast-check";
import { expect, test } from "vitest";
import { contentHash, derivedUuid, eventId, MAX_EVENT_ID_LENGTH } from "./event-id.ts";

test("an event id is readable when its parts allow it", () => {
  expect(eventId("message", "1065", "wamid.HBgL=")).toBe("message.1065.wamid.HBgL=");
});

test("any parts produce a valid event id, the same every time", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (parts) => {
      const id = eventId("kind", ...parts);
      expect(id).toBe(eventId("kind", ...parts));
      expect(id).toMatch(/^kind\.[\x21-\x39\x3b-\x7e]*$/);
      expect(id.length).toBeLessThanOrEqual(MAX_EVENT_ID_LENGTH);
    }),
  );
});

test("a content hash depends on the order of lists, not on the order of keys", () => {
  expect(contentHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(contentHash({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
});

test("the same parts produce the same UUID, and other parts another, whatever characters they hold", () => {
  expect(derivedUuid("message", "key", "0")).toMatch(
    /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  expect(derivedUuid("a", "b.c")).not.toBe(derivedUuid("a.b", "c"));
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, other) => {
      expect(derivedUuid(one) === derivedUuid(other)).toBe(one === other);
      expect(derivedUuid(one, other)).toBe(derivedUuid(one, other));
    }),
  );
});
