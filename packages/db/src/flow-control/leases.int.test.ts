import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { leases } from "../schema/index.ts";
import { createLeases } from "./leases.ts";

const database = useDatabase();
const store = createLeases(database);

test("of many workers that ask at the same moment, one acquires the lease and may renew it", async () => {
  const name = uuidv7();
  const holders = Array.from({ length: 10 }, (_, index) => `worker ${index}`);
  const acquired = await Promise.all(holders.map((holder) => store.acquire(name, holder, 60_000)));
  expect(acquired.filter(Boolean)).toHaveLength(1);
  const holder = holders[acquired.indexOf(true)] ?? "";
  expect(await store.acquire(name, holder, 60_000)).toBe(true);
});

test("another worker acquires the lease once it is released or has expired", async () => {
  const name = uuidv7();
  await store.acquire(name, "one", 60_000);
  await store.release(name, "two");
  expect(await store.acquire(name, "two", 60_000)).toBe(false);
  await store.release(name, "one");
  expect(await store.acquire(name, "two", 60_000)).toBe(true);
  await database.orm
    .update(leases)
    .set({ expiresAt: sql`now() - interval '1 second'` })
    .where(eq(leases.name, name));
  expect(await store.acquire(name, "one", 60_000)).toBe(true);
});
