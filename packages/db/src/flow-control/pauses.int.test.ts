import { type Pause, uuidv7 } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { useDatabase } from "../../test/use-database.ts";
import { pauses as table } from "../schema/index.ts";
import { createPauses } from "./pauses.ts";

const database = useDatabase();
const pauses = createPauses(database, uuidv7);

afterEach(() => database.orm.delete(table));

test("of many concurrent calls that pause a scope, one reports it as new", async () => {
  for (const kind of ["rate_limited", "paused"] as const) {
    for (let round = 0; round < 10; round += 1) {
      const hold = { ...paused(1), kind, scope: `${kind}:${round}` };
      const isNew = await Promise.all(Array.from({ length: 10 }, () => pauses.set(hold)));
      expect(isNew.filter(Boolean)).toHaveLength(1);
    }
  }
  expect(await pauses.list()).toHaveLength(20);
});

test("a pause can only be extended", async () => {
  await pauses.set(limited(5));
  expect(await pauses.set(limited(9))).toBe(false);
  expect(await pauses.set(limited(3))).toBe(false);
  expect(await pauses.list()).toEqual([limited(9)]);
  await pauses.resume("page:1");
  await pauses.set(paused(5));
  expect(await pauses.set(paused(9))).toBe(false);
  expect(await pauses.set(paused(3))).toBe(false);
  expect(await pauses.list()).toEqual([paused(9)]);
});

test("of many concurrent calls that pause a rate-limited scope, one reports it as new", async () => {
  await pauses.set(limited(5));
  const isNew = await Promise.all(Array.from({ length: 10 }, () => pauses.set(paused(3))));
  expect(isNew.filter(Boolean)).toHaveLength(1);
  expect(await pauses.list()).toEqual([paused(5)]);
});

test("a paused scope that is rate-limited stays paused until a probe succeeds", async () => {
  await pauses.set(paused(1));
  expect(await pauses.set(limited(5))).toBe(false);
  expect(await pauses.list()).toEqual([paused(5)]);
  await pauses.expire(minute(9));
  expect(await pauses.list()).toHaveLength(1);
});

test("of many workers exactly one claims the probe of a paused scope, and none before its time", async () => {
  await pauses.set(paused(1));
  expect(await pauses.claimProbe("page:1", minute(0), minute(2))).toBe(false);
  const claims = await Promise.all(Array.from({ length: 10 }, () => pauses.claimProbe("page:1", minute(1), minute(2))));
  expect(claims.filter(Boolean)).toHaveLength(1);
  expect(await pauses.list()).toEqual([paused(2)]);
  expect(await pauses.claimProbe("page:1", minute(2), minute(3))).toBe(true);
});

test("a rate-limited scope and a scope without a pause have no probe", async () => {
  await pauses.set(limited(1));
  expect(await pauses.claimProbe("page:1", minute(5), minute(6))).toBe(false);
  expect(await pauses.claimProbe("page:2", minute(5), minute(6))).toBe(false);
});

test("of many concurrent calls that resume a scope, one reports it, and the next pause is new again", async () => {
  await pauses.set(paused(1));
  const resumed = await Promise.all(Array.from({ length: 10 }, () => pauses.resume("page:1")));
  expect(resumed.filter(Boolean)).toHaveLength(1);
  expect(await pauses.set(paused(1))).toBe(true);
});

test("rate-limited pauses expire after their time, and paused ones do not", async () => {
  await pauses.set({ ...limited(1), scope: "past" });
  await pauses.set({ ...limited(3), scope: "future" });
  await pauses.set({ ...paused(1), scope: "paused" });
  await pauses.expire(minute(2));
  expect((await pauses.list()).map(({ scope }) => scope).sort()).toEqual(["future", "paused"]);
});

function limited(until: number): Pause {
  return { scope: "page:1", kind: "rate_limited", reason: "busy", until: minute(until) };
}

function paused(until: number): Pause {
  return { scope: "page:1", kind: "paused", reason: "busy", until: minute(until) };
}

function minute(number: number): Date {
  return new Date(Date.UTC(2026, 2, 1, 9, number));
}
