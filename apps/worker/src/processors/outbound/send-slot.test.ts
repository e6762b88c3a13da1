import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { expect, test } from "vitest";
import { standUntilItLeaves } from "./send-slot.ts";

const START = Date.parse("2026-11-25T09:00:00.000Z");
const limit: RateLimit = { scope: "chat", intervalMs: 1_000, burst: 1 };

/**
 * Has a message stand whose moments come after so many ms each, counted from when it asks, while asking takes so many ms;
 * what came of it, and how often it asked for which scopes.
 */
async function stand(moments: readonly { comesAfterMs: number; askingTakesMs: number }[]) {
  let clock = START;
  const asked: string[][] = [];
  const givenBack: string[][] = [];
  const parts = {
    adapter: { limits: () => [limit] },
    limits: {
      reserve: (limits: readonly RateLimit[], now: Date) => {
        const moment = moments[asked.length] ?? moments.at(-1);
        asked.push(limits.map(({ scope }) => scope));
        clock += moment?.askingTakesMs ?? 0;
        return Promise.resolve(new Date(now.getTime() + (moment?.comesAfterMs ?? 0)));
      },
      giveBack: (limits: readonly RateLimit[]) => {
        givenBack.push(limits.map(({ scope }) => scope));
        return Promise.resolve();
      },
    },
    ports: { now: () => new Date(clock) },
  };
  const leavesAt = await standUntilItLeaves(parts, {} as OutgoingMessage, new AbortController().signal);
  return { leavesAfterMs: leavesAt && leavesAt.getTime() - START, asked, givenBack };
}

const inTime = { comesAfterMs: 0, askingTakesMs: 5 };
const late = { comesAfterMs: 0, askingTakesMs: 80 };

test("what may leave at once does, by a count that is not the one of its place", async () => {
  expect(await stand([inTime])).toEqual({ leavesAfterMs: undefined, asked: [["chat/leaving"]], givenBack: [] });
});

test("what is late would leave together with the next: it takes another moment", async () => {
  expect((await stand([late, inTime])).asked).toHaveLength(2);
});

test("where each moment is missed it leaves at the third, rather than never", async () => {
  expect(await stand([late])).toMatchObject({ leavesAfterMs: undefined, asked: { length: 3 } });
});

test("what would stand for long is told when it leaves, and gives its moment and its slot back", async () => {
  const { leavesAfterMs, givenBack } = await stand([{ comesAfterMs: 2_500, askingTakesMs: 0 }]);
  expect({ leavesAfterMs, givenBack }).toEqual({ leavesAfterMs: 2_500, givenBack: [["chat/leaving"]] });
});

test("5: after a message was late, each of those behind it leaves at the moment that it was told", async () => {
  const limit: RateLimit = { scope: "pair", intervalMs: 6_000, burst: 2 };
  let clock = START;
  let usedUntil = START;
  let lateOnce = 80;
  const parts = {
    adapter: { limits: () => [limit] },
    limits: {
      reserve: (limits: readonly RateLimit[], now: Date) => {
        if (limits.length === 0) return Promise.resolve(now);
        usedUntil = Math.max(usedUntil, now.getTime()) + limit.intervalMs;
        clock += lateOnce;
        lateOnce = 0;
        return Promise.resolve(new Date(Math.max(now.getTime(), usedUntil - limit.burst * limit.intervalMs)));
      },
      giveBack: () => {
        usedUntil -= limit.intervalMs;
        return Promise.resolve();
      },
    },
    ports: { now: () => new Date(clock) },
  };
  const tries: number[] = [];
  for (let message = 0; message < 6; message++) {
    for (let tried = 1; ; tried++) {
      const later = await standUntilItLeaves(parts, {} as OutgoingMessage, new AbortController().signal);
      tries[message] = tried;
      if (!later) break;
      if (tried > 9) throw new Error("it never leaves");
      clock = later.getTime();
    }
  }
  expect(tries).toEqual([1, 1, 2, 2, 2, 2]);
  expect(clock - START).toBeLessThanOrEqual(4 * limit.intervalMs);
});
