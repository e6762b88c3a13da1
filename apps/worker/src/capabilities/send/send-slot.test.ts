import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { expect, test } from "vitest";
import { waitForSendSlot } from "./send-slot.ts";

const START = Date.parse("2026-11-25T09:00:00.000Z");
const limit: RateLimit = { scope: "chat", intervalMs: 1_000, burst: 1 };

/** One reservation: how long after it the slot is, and how long reserving takes, in ms. */
type Reservation = { slotAfterMs: number; takesMs: number };

/** Waits for a slot while reservations go as given; the last one repeats. Returns the result and the scopes used. */
async function waitWith(reservations: readonly Reservation[]) {
  let clock = START;
  const reserved: string[][] = [];
  const released: string[][] = [];
  const scopesOf = (limits: readonly RateLimit[]) => limits.map(({ scope }) => scope);
  const deps = {
    adapter: { limits: () => [limit] },
    limits: {
      reserve: (limits: readonly RateLimit[]) => {
        const reservation = reservations[reserved.length] ?? reservations.at(-1);
        reserved.push(scopesOf(limits));
        clock += reservation?.takesMs ?? 0;
        return Promise.resolve(reservation?.slotAfterMs ?? 0);
      },
      release: (limits: readonly RateLimit[]) => {
        released.push(scopesOf(limits));
        return Promise.resolve();
      },
    },
    ports: { now: () => new Date(clock) },
  };
  const slotAfterMs = await waitForSendSlot(deps, {} as OutgoingMessage, new AbortController().signal);
  return { slotAfterMs, reserved, released };
}

const inTime = { slotAfterMs: 0, takesMs: 5 };
const late = { slotAfterMs: 0, takesMs: 80 };

test("a message within the limits is sent at once, counted in a scope of its own", async () => {
  expect(await waitWith([inTime])).toEqual({ slotAfterMs: undefined, reserved: [["chat/leaving"]], released: [] });
});

test("a late message reserves another slot, so that it is not sent together with the next", async () => {
  expect((await waitWith([late, inTime])).reserved).toHaveLength(2);
});

test("a message that is late three times is sent at the third slot", async () => {
  expect(await waitWith([late])).toMatchObject({ slotAfterMs: undefined, reserved: { length: 3 } });
});

test("a slot that is too far off is returned to the caller and released", async () => {
  const { slotAfterMs, released } = await waitWith([{ slotAfterMs: 2_500, takesMs: 0 }]);
  expect({ slotAfterMs, released }).toEqual({ slotAfterMs: 2_500, released: [["chat/leaving"]] });
});

test("5: after one late message, each message behind it is sent at its first promised slot", async () => {
  const pair: RateLimit = { scope: "pair", intervalMs: 6_000, burst: 2 };
  let clock = START;
  let usedUntil = START;
  let lateOnceMs = 80;
  const deps = {
    adapter: { limits: () => [pair] },
    limits: {
      reserve: (limits: readonly RateLimit[]) => {
        if (limits.length === 0) return Promise.resolve(0);
        usedUntil = Math.max(usedUntil, clock) + pair.intervalMs;
        const waitMs = Math.max(0, usedUntil - pair.burst * pair.intervalMs - clock);
        clock += lateOnceMs;
        lateOnceMs = 0;
        return Promise.resolve(waitMs);
      },
      release: () => {
        usedUntil -= pair.intervalMs;
        return Promise.resolve();
      },
    },
    ports: { now: () => new Date(clock) },
  };
  const runs: number[] = [];
  for (let message = 0; message < 6; message++) {
    for (let run = 1; ; run++) {
      const waitMs = await waitForSendSlot(deps, {} as OutgoingMessage, new AbortController().signal);
      runs[message] = run;
      if (waitMs === undefined) break;
      if (run > 9) throw new Error("the message is never sent");
      clock += waitMs;
    }
  }
  expect(runs).toEqual([1, 1, 2, 2, 2, 2]);
  expect(clock - START).toBeLessThanOrEqual(4 * pair.intervalMs);
});
