import { sql } from "drizzle-orm";
import { type Pause, uuidv7 } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { useDatabase } from "../../test/use-database.ts";
import { pauses as table } from "../schema/index.ts";
import { createPauseOperations } from "./pause-operations.ts";
import { createPauses } from "./pauses.ts";

const database = useDatabase();
const pauses = createPauses(database, uuidv7);

const INTERVALS = { firstMs: 60_000, longestMs: 600_000 };
const SCOPE = "page:1";

afterEach(() => database.orm.delete(table));

test("of many concurrent calls that pause a scope, one reports it as new", async () => {
  for (const kind of ["rate_limited", "paused", "unavailable"] as const) {
    for (let round = 0; round < 10; round += 1) {
      const pause = { ...pauseOf(kind, 1), scope: `${kind}:${round}` };
      const isNew = await Promise.all(Array.from({ length: 10 }, () => pauses.set(pause)));
      expect(isNew.filter(Boolean)).toHaveLength(1);
    }
  }
  expect(await pauses.list()).toHaveLength(30);
});

test("a pause can only be extended", async () => {
  for (const kind of ["rate_limited", "paused", "unavailable"] as const) {
    await pauses.set(pauseOf(kind, 5));
    expect(await pauses.set(pauseOf(kind, 9))).toBe(false);
    expect(await pauses.set(pauseOf(kind, 3))).toBe(false);
    expect(await listed()).toEqual([[kind, 9]]);
    await database.orm.delete(table);
  }
});

test("of many concurrent calls that pause a rate-limited scope, one reports it as new", async () => {
  await pauses.set(pauseOf("rate_limited", 5));
  const isNew = await Promise.all(Array.from({ length: 10 }, () => pauses.set(pauseOf("paused", 3))));
  expect(isNew.filter(Boolean)).toHaveLength(1);
  expect(await listed()).toEqual([["paused", 5]]);
});

test("a paused scope that is rate-limited or unavailable stays paused until a probe succeeds", async () => {
  await pauses.set(pauseOf("paused", 1));
  expect(await pauses.set(pauseOf("rate_limited", 5))).toBe(false);
  expect(await pauses.set(pauseOf("unavailable", 3))).toBe(false);
  expect(await listed()).toEqual([["paused", 5]]);
});

test("of many workers exactly one claims the probe of a scope, and none before its time", async () => {
  for (const kind of ["rate_limited", "paused", "unavailable"] as const) {
    await pauses.set(pauseOf(kind, 1));
    expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(false);
    await passMinutes(1);
    const claims = await Promise.all(Array.from({ length: 10 }, () => pauses.claimProbe(SCOPE, INTERVALS)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await pauses.returnProbe(SCOPE);
    expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(true);
    await pauses.resume(SCOPE);
  }
  expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(false);
});

test("the probes of an unavailable scope are more and more rare, up to the longest interval", async () => {
  await pauses.set(pauseOf("unavailable", 1));
  const waits: number[] = [];
  for (let probe = 0; probe < 6; probe += 1) {
    await passMinutes(20);
    expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(true);
    waits.push((await listed())[0]?.[1] ?? 0);
  }
  expect(waits).toEqual([2, 4, 8, 10, 10, 10]);
});

test("of many concurrent calls that resume a scope, one reports it, and the next pause is new again", async () => {
  await pauses.set(pauseOf("paused", 0));
  expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(true);
  const resumed = await Promise.all(Array.from({ length: 10 }, () => pauses.resume(SCOPE)));
  expect(resumed.filter(Boolean)).toHaveLength(1);
  expect(await pauses.set(pauseOf("paused", 1))).toBe(true);
});

test("14: a probe that began before an operator paused the scope does not end that pause", async () => {
  await pauses.set(pauseOf("unavailable", 0));
  await pauses.claimProbe(SCOPE, INTERVALS);
  await createPauseOperations(database, uuidv7).set(SCOPE, { actor: "Bea", reason: "the number moves" });
  expect(await pauses.resume(SCOPE)).toBe(false);
  await pauses.returnProbe(SCOPE);
  expect(await pauses.claimProbe(SCOPE, INTERVALS)).toBe(false);
  expect((await pauses.list()).map(({ kind }) => kind)).toEqual(["paused"]);
});

function pauseOf(kind: Pause["kind"], minutes: number): Pause {
  return { scope: SCOPE, kind, reason: "busy", waitMs: minutes * 60_000 };
}

/** The kind and the remaining minutes of each pause. */
async function listed(): Promise<[string, number][]> {
  return (await pauses.list()).map(({ kind, waitMs }) => [kind, Math.round(waitMs / 60_000)]);
}

/** Moves the next probes nearer, as if time passed. */
async function passMinutes(minutes: number): Promise<void> {
  await database.orm.update(table).set({ until: sql`${table.until} - ${minutes} * interval '1 minute'` });
}
