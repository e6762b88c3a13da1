import postgres from "postgres";
import type { CheckResult, Now } from "@millrace/core";
import { openDatabase } from "./database.ts";
import { pendingMigrations } from "./migrate.ts";

/** The oldest supported major version. */
const MIN_VERSION = 15;

/** How far the clocks may differ, in ms: the queue keeps the times of delayed jobs by the clock of each machine. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000;

/**
 * Runs the doctor's checks of Postgres. Never rejects.
 * @param connections how many connections one worker opens at most
 */
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
      await connectionLimit(sql, connections),
      await clock(sql, now),
    ];
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "no response";
    const remedy = "start Postgres, or correct DATABASE_URL";
    return [{ check: "Postgres", state: "fail", message: `not reachable at DATABASE_URL: ${code}`, remedy }];
  } finally {
    await Promise.all(opened.map((client) => client.end({ timeout: 1 })));
  }
}

async function version(sql: postgres.Sql): Promise<CheckResult> {
  const check = "Postgres version";
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const installed = row?.version ?? "unknown";
  return Number.parseInt(installed, 10) >= MIN_VERSION
    ? { check, state: "ok", message: installed }
    : { check, state: "fail", message: installed, remedy: `upgrade Postgres to ${MIN_VERSION} or newer` };
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
 * Checks whether a prepared statement survives until the connection's next transaction. A pooler in transaction mode can
 * use another server connection for it while the first one is busy: `meanwhile` runs work in such a situation.
 */
export async function checkPrepared(
  sql: postgres.Sql,
  meanwhile: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<CheckResult> {
  const check = "prepared statements";
  const execute = () => sql.begin((tx) => tx.unsafe("select $1::int", [1], { prepare: true }));
  await execute();
  try {
    await meanwhile(execute);
    return { check, state: "ok", message: "they work, or are not used" };
  } catch {
    const remedy = "append ?prepare=false to DATABASE_URL, or use the direct port of Postgres";
    return {
      check,
      state: "fail",
      message: "they are lost between transactions, as with a pooler in transaction mode",
      remedy,
    };
  }
}

async function connectionLimit(sql: postgres.Sql, connections: number): Promise<CheckResult> {
  const check = "connections to Postgres";
  const [row] = await sql<{ allowed: number; used: number }[]>`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as allowed,
      (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`;
  const { allowed, used } = row ?? { allowed: 0, used: 0 };
  const usage = `${used} of ${allowed} are in use, and a worker opens up to ${connections}`;
  if (allowed - used >= connections) return { check, state: "ok", message: usage };
  const remedy = "unless all workers are running already, raise max_connections or lower WORKER_CONCURRENCY";
  return { check, state: allowed < connections ? "fail" : "warn", message: usage, remedy };
}

async function clock(sql: postgres.Sql, now: Now): Promise<CheckResult> {
  const check = "clocks";
  const before = now().getTime();
  const [row] = await sql<{ at: Date }[]>`select clock_timestamp() as at`;
  const here = (before + now().getTime()) / 2;
  const differenceMs = Math.round(Math.abs((row?.at.getTime() ?? 0) - here));
  const difference = `this machine and Postgres differ by ${differenceMs} ms`;
  return differenceMs <= MAX_CLOCK_DIFFERENCE_MS
    ? { check, state: "ok", message: difference }
    : { check, state: "warn", message: difference, remedy: "synchronize both clocks with NTP" };
}
