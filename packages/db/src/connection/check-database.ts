import postgres from "postgres";
import type { CheckResult, Now } from "@millrace/core";
import { openDatabase } from "./database.ts";
import { pendingMigrations } from "./migrate.ts";

/** Oldest major version that the tables and statements are made for. */
const MIN_VERSION = 15;

/** How far the clocks may differ, in ms: holds, limits and planned messages compare times of both. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000;

/** Looks at Postgres, mostly with connections of its own. `connections` are what one worker needs. Never rejects. */
export async function checkDatabase(url: string, connections: number, now: Now): Promise<CheckResult[]> {
  const settings = {
    max: 1,
    connect_timeout: 3,
    onnotice: () => undefined,
    connection: { application_name: "millrace-doctor" },
  };
  const opened: postgres.Sql[] = [];
  try {
    const [sql, other] = [postgres(url, settings), postgres(url, settings)];
    opened.push(sql, other);
    return [
      await version(sql),
      await migrations(url),
      await checkPrepared(sql, (work) => other.begin(async (tx) => [await tx`select 1`, await work()])),
      await room(sql, connections),
      await clock(sql, now),
    ];
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    const remedy = "start it, or correct DATABASE_URL";
    return [{ check: "Postgres", state: "fail", message: `not reachable by DATABASE_URL: ${code}`, remedy }];
  } finally {
    await Promise.all(opened.map((client) => client.end({ timeout: 1 })));
  }
}

async function version(sql: postgres.Sql): Promise<CheckResult> {
  const check = "Postgres version";
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const found = row?.version ?? "unknown";
  return Number.parseInt(found, 10) >= MIN_VERSION
    ? { check, state: "ok", message: found }
    : { check, state: "fail", message: found, remedy: `update it to ${MIN_VERSION} or newer` };
}

async function migrations(url: string): Promise<CheckResult> {
  const check = "migrations";
  const database = openDatabase(url, { maxConnections: 1, name: "millrace-doctor" });
  try {
    const pending = await pendingMigrations(database);
    return pending === 0
      ? { check, state: "ok", message: "all are applied" }
      : { check, state: "fail", message: `${pending} are not applied`, remedy: "run millrace migrate" };
  } finally {
    await database.close();
  }
}

/**
 * Whether a prepared statement is still there in the connection's next transaction. A pooler in transaction mode gives
 * that one another connection behind it, as soon as somebody else has the first: `meanwhile` does work in such a time.
 */
export async function checkPrepared(
  sql: postgres.Sql,
  meanwhile: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<CheckResult> {
  const check = "prepared statements";
  const ask = () => sql.begin((tx) => tx.unsafe("select $1::int", [1], { prepare: true }));
  await ask();
  try {
    await meanwhile(ask);
    return { check, state: "ok", message: "they are kept, or not used" };
  } catch {
    const remedy = "end DATABASE_URL with ?prepare=false, or give it the direct port of Postgres";
    return { check, state: "fail", message: "they are lost between transactions, as behind a pooler", remedy };
  }
}

async function room(sql: postgres.Sql, connections: number): Promise<CheckResult> {
  const check = "connections to Postgres";
  const [row] = await sql<{ allowed: number; used: number }[]>`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as allowed,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`;
  const { allowed, used } = row ?? { allowed: 0, used: 0 };
  const found = `${used} of ${allowed} are in use, and a worker takes up to ${connections}`;
  if (allowed - used >= connections) return { check, state: "ok", message: found };
  const remedy = "unless all workers run already, raise max_connections or lower WORKER_CONCURRENCY";
  return { check, state: allowed < connections ? "fail" : "warn", message: found, remedy };
}

async function clock(sql: postgres.Sql, now: Now): Promise<CheckResult> {
  const check = "clocks";
  const before = now().getTime();
  const [row] = await sql<{ at: Date }[]>`select clock_timestamp() as at`;
  const here = (before + now().getTime()) / 2;
  const differenceMs = Math.round(Math.abs((row?.at.getTime() ?? 0) - here));
  const found = `this machine's and that of Postgres differ by ${differenceMs} ms`;
  return differenceMs <= MAX_CLOCK_DIFFERENCE_MS
    ? { check, state: "ok", message: found }
    : { check, state: "warn", message: found, remedy: "let both set their clocks by NTP" };
}
