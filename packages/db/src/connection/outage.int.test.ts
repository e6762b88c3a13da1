import { eq, sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { freePort, until, useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "./database.ts";
import { isOutage } from "./outage.ts";
import { cases, tenants } from "../schema/index.ts";

const testDatabase = useTestDatabase();
const database = openDatabase(testDatabase.url, { maxConnections: 4, name: "test" });
afterAll(() => database.close());

test("a refused connection, a missing database and a rejected login are outages", async () => {
  const port = String(await freePort());
  for (const change of [{ port }, { pathname: "/nowhere" }, { username: "stranger" }]) {
    const url: URL = Object.assign(new URL(testDatabase.url), change);
    expect(isOutage(await errorOf(url.href, (orm) => orm.execute(sql`select 1`)))).toBe(true);
  }
});

test("a connection that the server ends within a transaction is an outage, and the transaction writes nothing", async () => {
  const other = openDatabase(testDatabase.url, { maxConnections: 1, name: "test" });
  const name = uuidv7();
  for (const whileItWorks of [true, false]) {
    const ending = other.orm.transaction(async (tx) => {
      const [mine] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      await tx.insert(tenants).values({ id: uuidv7(), name: `${name} before` });
      const ended = end(mine?.pid ?? 0);
      if (whileItWorks) await tx.execute(sql`select pg_sleep(20)`);
      await ended;
      await tx.insert(tenants).values({ id: uuidv7(), name: `${name} after` });
    });
    const error: unknown = await ending.catch((cause: unknown) => cause);
    expect(isOutage(error)).toBe(true);
    expect(
      await database.orm
        .select()
        .from(tenants)
        .where(sql`${tenants.name} like ${`${name}%`}`),
    ).toEqual([]);
    const answers = () =>
      other.ping().then(
        () => true,
        () => false,
      );
    await until("the pool goes on with another connection", answers);
  }
  await other.close();
});

test("a transaction that continues after its connection ended writes nothing on another connection", async () => {
  const other = openDatabase(testDatabase.url, { maxConnections: 1, name: "test" });
  const name = uuidv7();
  let late: unknown;
  const ending = other.orm.transaction(async (tx) => {
    const [mine] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await end(mine?.pid ?? 0);
    await until("the pool has another connection", async () => {
      const [row] = await other.orm.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      return row !== undefined && row.pid !== mine?.pid;
    });
    late = await tx
      .insert(tenants)
      .values({ id: uuidv7(), name })
      .catch((error: unknown) => error);
  });
  expect(isOutage(await ending.catch((error: unknown) => error))).toBe(true);
  await until("it went on", () => late !== undefined);
  expect(isOutage(late)).toBe(true);
  expect(await database.orm.select().from(tenants).where(eq(tenants.name, name))).toEqual([]);
  await other.close();
});

test("a read-only server and a full connection limit are outages", async () => {
  const readOnly = await errorOf(testDatabase.url, (orm) =>
    orm.transaction((tx) => tx.insert(tenants).values({ id: uuidv7(), name: "nobody" }), { accessMode: "read only" }),
  );
  expect(isOutage(readOnly)).toBe(true);

  const role = `guest_${testDatabase.url.slice(-32)}`;
  await database.orm.execute(sql.raw(`create role ${role} login password 'guest' connection limit 0`));
  const url = Object.assign(new URL(testDatabase.url), { username: role, password: "guest" });
  expect(isOutage(await errorOf(url.href, (orm) => orm.execute(sql`select 1`)))).toBe(true);
  await database.orm.execute(sql.raw(`drop role ${role}`));
});

test("an error of a statement itself is no outage", async () => {
  const broken = [
    (orm: Database["orm"]) => orm.insert(cases).values({ id: uuidv7(), tenantId: uuidv7(), openedAt: new Date() }),
    (orm: Database["orm"]) => orm.insert(tenants).values([1, 2].map(() => ({ id: uuidv7(), name: "twice" }))),
    (orm: Database["orm"]) => orm.execute(sql`select 1 / 0`),
    (orm: Database["orm"]) => orm.execute(sql`select nonsense`),
  ];
  for (const use of broken) {
    const error = await errorOf(testDatabase.url, use);
    expect(error).toBeInstanceOf(Error);
    expect(isOutage(error)).toBe(false);
  }
  for (const other of [undefined, "text", new Error("plain")]) expect(isOutage(other)).toBe(false);
});

async function end(pid: number): Promise<void> {
  await database.orm.execute(sql`select pg_terminate_backend(${pid})`);
  await until("its backend is gone", async () => {
    const rows = await database.orm.execute(sql`select 1 from pg_stat_activity where pid = ${pid}`);
    return rows.length === 0;
  });
}

async function errorOf(url: string, use: (orm: Database["orm"]) => Promise<unknown>): Promise<unknown> {
  const other = openDatabase(url, { maxConnections: 1, name: "test" });
  try {
    await use(other.orm);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await other.close();
  }
}
