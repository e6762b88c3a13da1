import { createServer, type Socket } from "node:net";
import { eq, sql } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { retryable, uuidv7 } from "@millrace/core";
import { freePort, until, useTestDatabase } from "@millrace/testing";
import { type Database, type Executor, openDatabase } from "./database.ts";
import { databaseErrorCode, isOutage } from "./outage.ts";
import { cases as casesTable, tenants } from "../schema/index.ts";

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

test("14: a missing column, table, function or grant, row security and a statement timeout are outages", async () => {
  const role = `app_${testDatabase.url.slice(-32)}`;
  for (const statement of [
    `create role ${role} login password 'app' nosuperuser`,
    `grant usage on schema public to ${role}`,
    `grant insert on public.tenants to ${role}`,
    "alter table public.tenants enable row level security",
  ])
    await database.orm.execute(sql.raw(statement));
  const url = Object.assign(new URL(testDatabase.url), { username: role, password: "app" }).href;
  const cases: [code: string, url: string, use: (orm: Database["orm"]) => Promise<unknown>][] = [
    ["42703", testDatabase.url, (orm) => orm.execute(sql`select renamed from public.tenants`)],
    ["42P01", testDatabase.url, (orm) => orm.execute(sql`select 1 from public.not_there`)],
    ["42883", testDatabase.url, (orm) => orm.execute(sql`select not_there()`)],
    ["42501", url, (orm) => orm.execute(sql`select 1 from public.cases`)],
    ["42501", url, (orm) => orm.insert(tenants).values({ id: uuidv7(), name: "refused by a policy" })],
    [
      "57014",
      testDatabase.url,
      (orm) =>
        orm.transaction(async (tx) => {
          await tx.execute(sql`set local statement_timeout = 10`);
          await tx.execute(sql`select pg_sleep(20)`);
        }),
    ],
  ];
  for (const [code, at, use] of cases) {
    const error = await errorOf(at, use);
    expect([databaseErrorCode(error), isOutage(error)]).toEqual([code, true]);
  }
  await database.orm.execute(sql.raw("alter table public.tenants disable row level security"));
  await database.orm.execute(sql.raw(`drop owned by ${role}; drop role ${role}`));
});

test("14: what a pooler reports and a broken TLS handshake are outages, within a transaction too", async () => {
  const uses = [
    (orm: Database["orm"]) => orm.execute(sql`select 1`),
    (orm: Database["orm"]) => orm.transaction((tx) => tx.execute(sql`select 1`)),
  ];
  for (const use of uses) {
    for (const code of ["08P01", "XX000"]) {
      const error = await errorOfServer((socket) => socket.end(errorResponse(code)), "", use);
      expect([databaseErrorCode(error), isOutage(error)]).toEqual([code, true]);
    }
    const acceptTls = (socket: Socket, times: number) => socket.write(times === 1 ? "S" : "no TLS record");
    const error = await errorOfServer(acceptTls, "?sslmode=require", use);
    expect(databaseErrorCode(error)).toMatch(/^ERR_SSL_/);
    expect(isOutage(error)).toBe(true);
  }
});

test("an error of a statement's own data is no outage", async () => {
  const cases: [code: string, use: (orm: Executor) => Promise<unknown>][] = [
    ["23503", (orm) => orm.insert(casesTable).values({ id: uuidv7(), tenantId: uuidv7(), openedAt: new Date() })],
    ["23505", (orm) => orm.insert(tenants).values([1, 2].map(() => ({ id: uuidv7(), name: "twice" })))],
    ["22012", (orm) => orm.execute(sql`select 1 / 0`)],
    ["22P02", (orm) => orm.execute(sql`select ${"no uuid"}::uuid`)],
    [
      "21000",
      (orm) =>
        orm.execute(
          sql`insert into millrace.rate_limits values ('a', now()), ('a', now())
              on conflict (scope) do update set used_until = now()`,
        ),
    ],
    ["54000", (orm) => orm.insert(tenants).values({ id: uuidv7(), name: incompressible(8_000) })],
    ["P0001", (orm) => orm.execute(sql.raw("do $$ begin raise exception 'this row is refused'; end $$"))],
    ["UNDEFINED_VALUE", (orm) => orm.execute(sql`select ${sql.param(undefined)}`)],
  ];
  for (const [code, use] of cases) {
    for (const within of [use, (orm: Database["orm"]) => orm.transaction(use)]) {
      const error = await errorOf(testDatabase.url, within);
      expect([databaseErrorCode(error), isOutage(error)]).toEqual([code, false]);
    }
  }
});

test("a bug and a provider's error are no outages, within a transaction too", async () => {
  const network = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const errors = [
    new TypeError("undefined is not a function"),
    z.string().safeParse(1).error,
    new Error("plain"),
    // A call that no statement made: the media store's, for example.
    network,
    retryable("network failure", { code: "ECONNREFUSED", cause: network }),
  ];
  for (const error of errors) {
    expect(isOutage(error)).toBe(false);
    const within = await errorOf(testDatabase.url, (orm) => orm.transaction(() => Promise.reject(error)));
    expect(within).toBe(error);
    expect(isOutage(within)).toBe(false);
  }
  const wrongParameter = await errorOf(testDatabase.url, (orm) => orm.execute(sql`select ${Symbol("bug")}`));
  expect(wrongParameter).toBeInstanceOf(Error);
  expect(isOutage(wrongParameter)).toBe(false);
  for (const other of [undefined, "text"]) expect(isOutage(other)).toBe(false);
});

/** Connects to a server that answers each message with `answer`, and returns the error. */
async function errorOfServer(
  answer: (socket: Socket, times: number) => void,
  query: string,
  use: (orm: Database["orm"]) => Promise<unknown>,
): Promise<unknown> {
  const server = createServer((socket) => {
    let times = 0;
    socket.on("error", () => undefined);
    socket.on("data", () => {
      times += 1;
      answer(socket, times);
    });
  });
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const error = await errorOf(`postgres://app:app@127.0.0.1:${port}/app${query}`, use);
  server.close();
  return error;
}

/** The message by which Postgres, or a pooler in its place, reports an error. */
function errorResponse(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mno more connections\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** A text that stays longer than an index entry may be after compression. */
function incompressible(length: number): string {
  return Array.from({ length: Math.ceil(length / 36) }, uuidv7).join("");
}

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
