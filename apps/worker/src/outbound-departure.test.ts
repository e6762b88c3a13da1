import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { expect, test } from "vitest";
import { standUntilItLeaves } from "./outbound-departure.ts";

const START = Date.parse("2026-11-25T09:00:00.000Z");
const limit: RateLimit = { scope: "chat", intervalMs: 1_000, burst: 1 };

/**
 * Has a message stand whose moments come after so many ms each, counted from when it asks, while asking takes so many ms;
 * what came of it, and how often it asked for which scopes.
 */
async function stand(moments: readonly { comesAfterMs: number; askingTakesMs: number }[]) {
  let clock = START;
  const asked: string[][] = [];
  const parts = {
    adapter: { limits: () => [limit] },
    limits: {
      reserve: (limits: readonly RateLimit[], now: Date) => {
        const moment = moments[asked.length] ?? moments.at(-1);
        asked.push(limits.map(({ scope }) => scope));
        clock += moment?.askingTakesMs ?? 0;
        return Promise.resolve(new Date(now.getTime() + (moment?.comesAfterMs ?? 0)));
      },
    },
    ports: { now: () => new Date(clock) },
  };
  const leavesAt = await standUntilItLeaves(parts, {} as OutgoingMessage, new AbortController().signal);
  return { leavesAfterMs: leavesAt && leavesAt.getTime() - START, asked };
}

const inTime = { comesAfterMs: 0, askingTakesMs: 5 };
const late = { comesAfterMs: 0, askingTakesMs: 80 };

test("what may leave at once does, by a count that is not the one of its place", async () => {
  expect(await stand([inTime])).toEqual({ leavesAfterMs: undefined, asked: [["chat/leaving"]] });
});

test("what is late would leave together with the next: it takes another moment", async () => {
  expect((await stand([late, inTime])).asked).toHaveLength(2);
});

test("where each moment is missed it leaves at the third, rather than never", async () => {
  expect(await stand([late])).toMatchObject({ leavesAfterMs: undefined, asked: { length: 3 } });
});

test("what would stand for long is told when it leaves, and gives its slot to another job", async () => {
  expect(await stand([{ comesAfterMs: 2_500, askingTakesMs: 0 }])).toMatchObject({ leavesAfterMs: 2_500 });
});
