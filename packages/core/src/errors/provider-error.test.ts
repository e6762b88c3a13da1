import { expect, test } from "vitest";
import { describeError, permanent, retryable } from "./provider-error.ts";

test("a description has the message of our own errors and never the message of another", () => {
  expect(describeError(permanent("no tenant owns page 1"))).toBe("no tenant owns page 1");
  expect(describeError(retryable("HTTP 503", { code: "http_503" }))).toBe("HTTP 503");
  const foreign = Object.assign(new TypeError("cannot read +4915112345678"), { code: "E_X" });
  expect(describeError(foreign)).toMatch(/^unexpected TypeError E_X at errors\/provider-error\.test\.ts:\d+$/);
  expect(describeError("thrown text with +4915112345678")).toBe("unexpected error of no type");
});

test("a description of an error with a cause has the name and code of the cause", () => {
  const cause = Object.assign(new Error("Key (email)=(ada@example.org) exists"), {
    name: "PostgresError",
    code: "23505",
  });
  const description = describeError(new Error("Failed query: insert … ada@example.org", { cause }));
  expect(description).toContain("unexpected PostgresError 23505");
  expect(description).not.toContain("ada");
});
