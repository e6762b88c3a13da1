import { expect, test } from "vitest";
import { describeError, permanent, retryable } from "./provider-error.ts";

test("our own message is told, another's never", () => {
  expect(describeError(permanent("no tenant owns page 1"))).toBe("no tenant owns page 1");
  expect(describeError(retryable("HTTP 503", { code: "http_503" }))).toBe("HTTP 503");
  const foreign = Object.assign(new TypeError("cannot read +4915112345678"), { code: "E_X" });
  expect(describeError(foreign)).toMatch(
    /^unexpected TypeError E_X at core\/src\/provider-error\.test\.ts:\d+$|^unexpected TypeError E_X at src\/provider-error\.test\.ts:\d+$/,
  );
  expect(describeError("thrown text with +4915112345678")).toBe("unexpected error of no type");
});

test("of an error with a cause the cause's name and code are told", () => {
  const cause = Object.assign(new Error("Key (email)=(ada@example.org) exists"), {
    name: "PostgresError",
    code: "23505",
  });
  const told = describeError(new Error("Failed query: insert … ada@example.org", { cause }));
  expect(told).toContain("unexpected PostgresError 23505");
  expect(told).not.toContain("ada");
});
