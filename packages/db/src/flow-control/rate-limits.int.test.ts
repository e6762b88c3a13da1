import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { sql } from "drizzle-orm";
import { type RateLimit, uuidv7 } from "@millrace/core";
import { useTestDatabase } from "@millrace/testing";
import { openDatabase } from "../connection/database.ts";
import { createRateLimits } from "./rate-limits.ts";

const START = Date.UTC(2026, 2, 1, 8);

const { url } = useTestDatabase();
const databases = ["one", "two", "three"].map((name) => openDatabase(url, { maxConnections: 4, name }));
/** The database's clock, in ms since the start. A reservation reads it at once. */
let clock = 0;
const databaseNow = () => sql<Date>`${new Date(START + clock).toISOString()}::timestamptz`;
/** Several workers, each with its own connections. */
const workers = databases.map((database) => createRateLimits(database, databaseNow));

afterAll(async () => {
  for (const database of databases) await database.close();
});

/** Reserves a slot as worker number `index`. `now` and the result are in ms since the start. */
async function reserve(index: number, limits: readonly RateLimit[], now: number): Promise<number> {
  clock = now;
  const waitMs = await workers[index % workers.length]?.reserve(limits);
  return now + (waitMs ?? Number.NaN);
}

const limit = fc.record({ intervalMs: fc.integer({ min: 1, max: 500 }), burst: fc.integer({ min: 1, max: 5 }) });
const arrivals = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 20 });

/** The largest excess of slots over the limit in any window; at most 0 if the limit holds. */
function excess(places: readonly number[], { intervalMs, burst }: Omit<RateLimit, "scope">): number {
  const sorted = places.toSorted((one, two) => one - two);
  const over = sorted.flatMap((from, first) =>
    sorted.slice(first).map((to, count) => count + 1 - (burst + (to - from) / intervalMs)),
  );
  return Math.max(...over);
}

test("concurrent reservations at any times never exceed a limit in any window, and no slot is early", async () => {
  await fc.assert(
    fc.asyncProperty(limit, arrivals, async (each, times) => {
      const scope = uuidv7();
      const places = await Promise.all(times.map((now, index) => reserve(index, [{ scope, ...each }], now)));
      for (const [index, place] of places.entries()) expect(place).toBeGreaterThanOrEqual(times[index] ?? 0);
      expect(excess(places, each)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 40 },
  );
});

test("slots follow each other without gaps, and unused capacity is not caught up on", async () => {
  await fc.assert(
    fc.asyncProperty(limit, arrivals, async ({ intervalMs, burst }, times) => {
      const scope = uuidv7();
      let used = 0;
      for (const [index, now] of times.toSorted((one, two) => one - two).entries()) {
        used = Math.max(used, now) + intervalMs;
        expect(await reserve(index, [{ scope, intervalMs, burst }], now)).toBe(
          Math.max(now, used - burst * intervalMs),
        );
      }
    }),
    { numRuns: 15 },
  );
});

test("a hundred concurrent reservations get a hundred different slots", async () => {
  const limits = [{ scope: uuidv7(), intervalMs: 100, burst: 1 }];
  const places = await Promise.all(Array.from({ length: 100 }, (_, index) => reserve(index, limits, 0)));
  expect(places.toSorted((one, two) => one - two)).toEqual(Array.from({ length: 100 }, (_, index) => index * 100));
});

test("a slot under several limits satisfies all of them and counts in each", async () => {
  // In both orders of the scope names.
  for (const [first, second] of ["ab", "ba"].map((names) => [names[0], names[1]])) {
    const chat = { scope: `${first}${uuidv7()}`, intervalMs: 1_000, burst: 1 };
    const bot = { scope: `${second}${uuidv7()}`, intervalMs: 100, burst: 2 };
    const other = { ...chat, scope: `${chat.scope}:other` };
    const places = [];
    for (const limits of [[chat, bot], [bot, chat], [other, bot], [bot], []]) places.push(await reserve(0, limits, 0));
    expect(places).toEqual([0, 1_000, 100, 200, 0]);
  }
});

test("reservations of the same limits in different orders do not deadlock", async () => {
  const [one, two] = [uuidv7(), uuidv7()].map((scope) => ({ scope, intervalMs: 1, burst: 1 }));
  if (!one || !two) throw new Error("there are two");
  const asking = Array.from({ length: 60 }, (_, index) => reserve(index, index % 2 ? [one, two] : [two, one], 0));
  expect((await Promise.all(asking)).toSorted((a, b) => a - b)).toEqual(asking.map((_, index) => index));
});

test("the next reservation gets a released slot", async () => {
  const limits = [
    { scope: uuidv7(), intervalMs: 1_000, burst: 1 },
    { scope: uuidv7(), intervalMs: 100, burst: 1 },
  ];
  expect(await reserve(0, limits, 0)).toBe(0);
  expect(await reserve(1, limits, 0)).toBe(1_000);
  await workers[1]?.release(limits);
  expect(await reserve(2, limits, 0)).toBe(1_000);
  expect(await reserve(2, limits, 0)).toBe(2_000);
});
