import { EVENT_VERSION } from "@millrace/core";
import { expect, test } from "vitest";
import { afterUnreadable } from "./newer-version.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const DAY_MS = 24 * 3_600_000;
const newer = (receivedAt: unknown) => ({ v: EVENT_VERSION + 1, receivedAt });

test("14: a job of a newer version waits a minute at a time, for a day since its receipt", () => {
  const inAMinute = { outcome: "snoozed", retryAt: new Date("2026-11-20T10:01:00.000Z") };
  for (const age of [0, DAY_MS - 1])
    expect(afterUnreadable({ data: newer(ago(age).toISOString()), timestamp: 0 }, NOW)).toMatchObject(inAMinute);
  expect(afterUnreadable({ data: newer(ago(DAY_MS).toISOString()), timestamp: 0 }, NOW).retryAt).toBeUndefined();
});

test("a job of a newer version that names no time of receipt waits for a day since it was added", () => {
  const job = (age: number) => ({ data: newer(undefined), timestamp: ago(age).getTime() });
  expect(afterUnreadable(job(DAY_MS - 1), NOW).outcome).toBe("snoozed");
  expect(afterUnreadable(job(DAY_MS), NOW).outcome).toBe("failed");
});

test("a job of this or no version that the schema refuses fails for good at once", () => {
  for (const data of [{ v: EVENT_VERSION }, { v: 0 }, { v: "2" }, {}, null, "text"]) {
    const { outcome, error } = afterUnreadable({ data, timestamp: NOW.getTime() }, NOW);
    expect([outcome, error]).toMatchObject(["failed", { next: { kind: "permanent" } }]);
  }
});
