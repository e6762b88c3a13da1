import type { Hold } from "@millrace/core";
import { afterEach, expect, test } from "vitest";
import { useDatabase } from "../../test/use-database.ts";
import { holds as table } from "../schema/index.ts";
import { createHolds } from "./holds.ts";

const database = useDatabase();
const holds = createHolds(database);

afterEach(() => database.orm.delete(table));

test("of many that place a hold at once, one is told that it is new", async () => {
  for (const kind of ["rate_limited", "parked"] as const) {
    for (let round = 0; round < 10; round += 1) {
      const hold = { ...parked(1), kind, scope: `${kind}:${round}` };
      const isNew = await Promise.all(Array.from({ length: 10 }, () => holds.place(hold)));
      expect(isNew.filter(Boolean)).toHaveLength(1);
    }
  }
  expect(await holds.list()).toHaveLength(20);
});

test("a hold moves later, never sooner", async () => {
  await holds.place(limited(5));
  expect(await holds.place(limited(9))).toBe(false);
  expect(await holds.place(limited(3))).toBe(false);
  expect(await holds.list()).toEqual([limited(9)]);
  await holds.lift("page:1");
  await holds.place(parked(5));
  expect(await holds.place(parked(9))).toBe(false);
  expect(await holds.place(parked(3))).toBe(false);
  expect(await holds.list()).toEqual([parked(9)]);
});

test("parking a scope that was only throttled is news to one of many, so that a person is told once", async () => {
  await holds.place(limited(5));
  const isNew = await Promise.all(Array.from({ length: 10 }, () => holds.place(parked(3))));
  expect(isNew.filter(Boolean)).toHaveLength(1);
  expect(await holds.list()).toEqual([parked(5)]);
});

test("a parked scope that is throttled stays parked until a call works", async () => {
  await holds.place(parked(1));
  expect(await holds.place(limited(5))).toBe(false);
  expect(await holds.list()).toEqual([parked(5)]);
  await holds.expire(minute(9));
  expect(await holds.list()).toHaveLength(1);
});

test("of many that would try a parked scope, exactly one may, and none before its time", async () => {
  await holds.place(parked(1));
  expect(await holds.claimTrial("page:1", minute(0), minute(2))).toBe(false);
  const claims = await Promise.all(Array.from({ length: 10 }, () => holds.claimTrial("page:1", minute(1), minute(2))));
  expect(claims.filter(Boolean)).toHaveLength(1);
  expect(await holds.list()).toEqual([parked(2)]);
  expect(await holds.claimTrial("page:1", minute(2), minute(3))).toBe(true);
});

test("a throttled scope has no trial, and a scope that nobody holds has none either", async () => {
  await holds.place(limited(1));
  expect(await holds.claimTrial("page:1", minute(5), minute(6))).toBe(false);
  expect(await holds.claimTrial("page:2", minute(5), minute(6))).toBe(false);
});

test("lifting tells one of many that there was a hold, and the next one is new again", async () => {
  await holds.place(parked(1));
  const lifted = await Promise.all(Array.from({ length: 10 }, () => holds.lift("page:1")));
  expect(lifted.filter(Boolean)).toHaveLength(1);
  expect(await holds.place(parked(1))).toBe(true);
});

test("throttles whose time has passed expire, and nothing else does", async () => {
  await holds.place({ ...limited(1), scope: "past" });
  await holds.place({ ...limited(3), scope: "future" });
  await holds.place({ ...parked(1), scope: "parked" });
  await holds.expire(minute(2));
  expect((await holds.list()).map(({ scope }) => scope).sort()).toEqual(["future", "parked"]);
});

function limited(until: number): Hold {
  return { scope: "page:1", kind: "rate_limited", reason: "busy", until: minute(until) };
}

function parked(until: number): Hold {
  return { scope: "page:1", kind: "parked", reason: "busy", until: minute(until) };
}

function minute(number: number): Date {
  return new Date(Date.UTC(2026, 2, 1, 9, number));
}
