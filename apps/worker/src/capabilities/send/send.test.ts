import { setTimeout as wait } from "node:timers/promises";
import type { OutgoingMessage } from "@millrace/core";
import type { SendState } from "@millrace/db";
import { afterEach, expect, test, vi } from "vitest";
import type { OutboundDeps } from "./deps.ts";
import { sendUnderTakeoverLock } from "./send.ts";

const NOW = new Date("2026-11-25T09:00:00.000Z");

afterEach(() => vi.restoreAllMocks());

const state = { message: { id: "m", conversationId: "c" }, answer: { epoch: 1 } } as SendState;

/**
 * Sends an AI answer through an adapter that calls `onCall` and waits for its signal. Returns the error and the rejected
 * sends.
 */
async function sendToHangingPlatform(signal: AbortSignal, onCall: () => void) {
  const rejected: string[] = [];
  const deps = {
    adapter: {
      limits: () => [],
      send: (_: OutgoingMessage, context: { signal: AbortSignal }) => {
        onCall();
        return wait(60_000, undefined, { signal: context.signal }).catch(() => context.signal.throwIfAborted());
      },
    },
    limits: { reserve: () => Promise.resolve(0) },
    outbox: { begin: () => Promise.resolve(true), markRejected: (id: string) => Promise.resolve(rejected.push(id)) },
    lockShare: { acquire: () => Promise.resolve(() => undefined) },
    takeoverLock: { runInEpoch: (_: string, __: number, run: () => Promise<unknown>) => run() },
    ports: { now: () => NOW },
  } as unknown as OutboundDeps;
  const error: unknown = await sendUnderTakeoverLock(deps, state, signal).catch((reason: unknown) => reason);
  return { error, rejected };
}

test("14: an AI answer to a platform that hangs is uncertain and counts as an outage of the platform", async () => {
  const lockDeadline = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(lockDeadline.signal);
  const { error, rejected } = await sendToHangingPlatform(new AbortController().signal, () =>
    lockDeadline.abort(new DOMException("timed out", "TimeoutError")),
  );
  expect(error).toMatchObject({ next: { kind: "unavailable" }, uncertain: true });
  expect(rejected).toEqual([]);
});

test("a send that stops with the worker keeps the reason of the stop", async () => {
  const stopping = new AbortController();
  const { error } = await sendToHangingPlatform(stopping.signal, () => stopping.abort());
  expect(error).toBe(stopping.signal.reason);
});

/** Sends a message while `abort` runs during the wait for the send slot. Returns the result or the error, and the attempts. */
async function sendAbortedInSlot(signal: AbortSignal, abort: () => void) {
  const begun: string[] = [];
  const deps = {
    adapter: { limits: () => [] },
    limits: { reserve: () => Promise.resolve(abort()).then(() => 0) },
    outbox: { begin: () => Promise.resolve(begun.push("m") > 0) },
    ports: { now: () => NOW },
  } as unknown as OutboundDeps;
  const result: unknown = await sendUnderTakeoverLock(deps, { ...state, answer: undefined }, signal).catch(
    (reason: unknown) => reason,
  );
  return { result, begun };
}

test("8: a job that lost its lock while it waited for its send slot does not begin the attempt", async () => {
  const lockLost = new AbortController();
  const sent = await sendAbortedInSlot(lockLost.signal, () => lockLost.abort());
  expect(sent).toEqual({ result: lockLost.signal.reason, begun: [] });
});

test("14: a message that has no time left after the wait for its send slot waits, which costs no attempt", async () => {
  const deadline = new AbortController();
  const timeOut = () => deadline.abort(new DOMException("timed out", "TimeoutError"));
  const { result, begun } = await sendAbortedInSlot(deadline.signal, timeOut);
  expect(result).toMatchObject({ result: "snoozed" });
  expect(begun).toEqual([]);
});
