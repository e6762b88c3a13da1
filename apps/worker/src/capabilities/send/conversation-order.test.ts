import type { SendState } from "@millrace/db";
import { expect, test } from "vitest";
import { snoozeWhileBlocked } from "./conversation-order.ts";
import type { OutboundDeps } from "./deps.ts";

const NOW = new Date("2026-11-25T09:00:00.000Z");
const RECONCILE_MS = 60_000;

const before = (ms: number) => new Date(NOW.getTime() - ms);

/** How long an uncertain message waits, in ms; undefined when it is sent now. */
async function waitOf(attemptAgeMs: number, workerAgeMs: number, clockAheadMs = 0): Promise<number | undefined> {
  const deps = {
    adapter: { reconcileMs: RECONCILE_MS, limits: () => [] },
    limits: { reserve: () => Promise.resolve(0) },
    ports: { now: () => NOW },
  } as unknown as OutboundDeps;
  const attemptedAt = before(attemptAgeMs + clockAheadMs);
  const state = { message: { id: "m" }, ahead: 0, attemptedAt, attemptAgeMs } as SendState;
  const snoozed = await snoozeWhileBlocked(deps, before(workerAgeMs), { correlationId: "c" }, state);
  return snoozed && "until" in snoozed ? snoozed.until.getTime() - NOW.getTime() : undefined;
}

test("12: an uncertain send waits for its status since the attempt, or since the worker started", async () => {
  expect(await waitOf(10_000, 3_600_000)).toBe(50_000);
  expect(await waitOf(3_600_000, 10_000)).toBe(50_000);
  expect(await waitOf(60_000, 60_000)).toBeUndefined();
});

test("12: an uncertain send is not repeated early by a worker with a clock five minutes ahead", async () => {
  expect(await waitOf(100, 3_600_000, 300_000)).toBe(59_900);
});
