import fc from "fast-check";
import { expect, test } from "vitest";
import { personalDataReader } from "./personal-data-fields.ts";
import { REDACTED } from "./personal-data.ts";

const FIELDS = { parties: ["from"], partyIds: ["id"], foreign: ["quoted"], depth: 1, impersonal: ["type", "sha256"] };
const read = personalDataReader(FIELDS);

test("a value is a party by its field, its depth and the object around it", () => {
  const payload = {
    from: { id: 7, name: "Ada" },
    message: { from: ["8"], quoted: { from: "9" }, deeper: { from: "10" } },
    type: "text",
  };
  const { parties, mentioned } = read(payload);
  expect(parties).toEqual(["7", "8"]);
  expect(mentioned).toEqual(["Ada", "9", "10"]);
});

test("a wrapped payload has the parties of the payload, and a text instead of a payload is a party", () => {
  expect(read({ v: 2, payload: { message: { from: "8" } } }).parties).toEqual(["8"]);
  expect(read({ reason: "no entries", raw: { message: { from: "8" } } }).parties).toEqual(["8"]);
  expect(read({ reason: "not JSON", raw: "from 8" }).parties).toEqual(["from 8"]);
});

test("the reason of an unreadable payload is not personal, and its content is searched and redacted", () => {
  const payload = { reason: "no entries", raw: { from: "8", text: "Ada" } };
  expect(read(payload)).toMatchObject({ parties: ["8"], mentioned: ["Ada"] });
  expect(read(payload).redact()).toEqual({ reason: "no entries", raw: { from: REDACTED, text: REDACTED } });
  expect(read({ reason: "Ada is angry", from: "8" }).mentioned).toEqual(["Ada is angry"]);
});

test("a field name that contains a value is found and redacted, unless it is a known field", () => {
  const payload = { reactions: { "7000000777": true }, sha256: "n2fW" };
  expect(read(payload).mentioned).toEqual(["7000000777"]);
  expect(read(payload).redact()).toEqual({ reactions: { [REDACTED]: true }, sha256: "n2fW" });
});

test("an object in an impersonal field is still searched and redacted", () => {
  expect(read({ type: { name: "Ada" } }).mentioned).toEqual(["Ada"]);
  expect(read({ type: { name: "Ada" } }).redact()).toEqual({ type: { name: REDACTED } });
});

test("18: without impersonal fields, no string and no number of any value is left in the redacted value", () => {
  const readAll = personalDataReader({ ...FIELDS, impersonal: [] });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const before = structuredClone(value);
      const texts: unknown[] = [];
      JSON.stringify(readAll(value).redact(), (_, inner: unknown) => (texts.push(inner), inner));
      expect(texts.filter((inner) => typeof inner === "number")).toEqual([]);
      expect(texts.filter((inner) => typeof inner === "string" && inner !== REDACTED)).toEqual([]);
      expect(value).toEqual(before);
    }),
  );
});
