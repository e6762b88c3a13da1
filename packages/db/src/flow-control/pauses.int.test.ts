import type { Pause } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { useDatabase } from "../../test/use-database.ts";
import { pauses as table } from "../schema/index.ts";
import { createPauses } from "./pauses.ts";

const database = useDatabase();
const holds = createPauses(database);

afterEach(() => database.orm.delete(table));

test("of many concurrent calls that pause a scope, one reports it as new", async () => {
  for (const kind of ["rate_limited", "paused"] as const) {
    for (let round = 0; round < 10; round += 1) {
      const hold = { ...paused(1), kind, scope: `${kind}:${round}` };
      const isNew = await Promise.all(Array.from({ length: 10 }, () => holds.set(hold)));
      expect(isNew.filter(Boolean)).toHaveLength(1);
    }
  }
  expect(await holds.list()).toHaveLength(20);
});

test("a pause can only be extended", async () => {
  await holds.set(limited(5));
  expect(await holds.set(limited(9))).toBe(false);
  expect(await holds.set(limited(3))).toBe(false);
  expect(await holds.list()).toEqual([limited(9)]);
  await holds.resume("page:1");
  await holds.set(paused(5));
  expect(await holds.set(paused(9))).toBe(false);
  expect(await holds.set(paused(3))).toBe(false);
  expect(await holds.list()).toEqual([paused(9)]);
});

test("of many concurrent calls that pause a rate-limited scope, one reports it as new", async () => {
  await holds.set(limited(5));
  const isNew = await Promise.all(Array.from({ length: 10 }, () => holds.set(paused(3))));
  expect(isNew.filter(Boolean)).toHaveLength(1);
  expect(await holds.list()).toEqual([paused(5)]);
});

test("a paused scope that is rate-limited stays paused until a probe succeeds", async () => {
  await holds.set(paused(1));
  expect(await holds.set(limited(5))).toBe(false);
  expect(await holds.list()).toEqual([paused(5)]);
  await holds.expire(minute(9));
  expect(await holds.list()).toHaveLength(1);
});

test("of many workers exactly one claims the probe of a paused scope, and none before its time", async () => {
  await holds.set(paused(1));
  expect(await holds.claimProbe("page:1", minute(0), minute(2))).toBe(false);
  const claims = await Promise.all(Array.from({ length: 10 }, () => holds.claimProbe("page:1", minute(1), minute(2))));
  expect(claims.filter(Boolean)).toHaveLength(1);
  expect(await holds.list()).toEqual([paused(2)]);
  expect(await holds.claimProbe("page:1", minute(2), minute(3))).toBe(true);
});

test("a rate-limited scope and a scope without a pause have no probe", async () => {
  await holds.set(limited(1));
  expect(await holds.claimProbe("page:1", minute(5), minute(6))).toBe(false);
  expect(await holds.claimProbe("page:2", minute(5), minute(6))).toBe(false);
});

test("of many concurrent calls that resume a scope, one reports it, and the next pause is new again", async () => {
  await holds.set(paused(1));
  const lifted = await Promise.all(Array.from({ length: 10 }, () => holds.resume("page:1")));
  expect(lifted.filter(Boolean)).toHaveLength(1);
  expect(await holds.set(paused(1))).toBe(true);
});

test("rate-limited pauses expire after their time, and paused ones do not", async () => {
  await holds.set({ ...limited(1), scope: "past" });
  await holds.set({ ...limited(3), scope: "future" });
  await holds.set({ ...paused(1), scope: "paused" });
  await holds.expire(minute(2));
  expect((await holds.list()).map(({ scope }) => scope).sort()).toEqual(["future", "paused"]);
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
