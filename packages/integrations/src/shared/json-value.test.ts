import { expect, test } from "vitest";
import { dateOfUnixSeconds, idOf } from "./json-value.ts";

test.each([
  ["a", "a"],
  [7, "7"],
  ["", undefined],
  [null, undefined],
  [{}, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])("idOf(%o) is %o", (value, id) => {
  expect(idOf(value)).toBe(id);
});

test.each(["1790000000", 1_790_000_000])("reads Unix seconds from a string or a number: %o", (value) => {
  expect(dateOfUnixSeconds(value)).toEqual(new Date(1_790_000_000_000));
});

test.each(["", "soon", -1, "1e9", null, {}, Number.NaN, "1790000000000"])("rejects %o as a time", (value) => {
  expect(dateOfUnixSeconds(value)).toBeUndefined();
});
