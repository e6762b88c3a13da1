import { expect, test } from "vitest";
import { secretsEqual } from "./shared-secret.ts";

test("secrets of any length are compared, and an empty secret never matches", () => {
  expect(secretsEqual("abc", "abc")).toBe(true);
  expect(secretsEqual("abc", "abcd")).toBe(false);
  expect(secretsEqual("", "")).toBe(false);
});
