import { expect, test } from "vitest";
import { retryAfterMs, statusCheckAfterMs } from "./timing.ts";

const MINUTE = 60_000;

test("status checks wait as in the table, and at most 6 hours", () => {
  const waits = Array.from({ length: 9 }, (_, checks) => statusCheckAfterMs(30 * MINUTE, checks) / MINUTE);
  expect(waits).toEqual([30, 10, 20, 40, 80, 160, 320, 360, 360]);
});

test("conversions that Google failed to process are uploaded four times", () => {
  const waits = [1, 2, 3, 4, 5].map((attempts) => retryAfterMs(30 * MINUTE, attempts));
  expect(waits).toEqual([30 * MINUTE, 60 * MINUTE, 120 * MINUTE, undefined, undefined]);
});
