import { once } from "node:events";
import pg from "pg";
import { type CheckResult, withDeadline } from "@millrace/core";
import { unreachable } from "./unreachable.ts";

/** How long a connection and each query may take, in ms. */
const CONNECT_MS = 3_000;

/** How long a notification may take from one connection to another, in ms. */
const NOTIFY_MS = 2_000;

/** Checks a Postgres that stores the queue. */
export async function checkPostgresStore(url: string): Promise<CheckResult[]> {
  const [listener, notifier] = [open(url), open(url)];
  try {
    await Promise.all([listener.connect(), notifier.connect()]);
    return [await checkTables(notifier), await checkNotify(listener, notifier)];
  } catch (error) {
    return [unreachable("Postgres of the queue", error)];
  } finally {
    await Promise.allSettled([listener.end(), notifier.end()]);
  }
}

function open(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    application_name: "millrace-doctor",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
  });
  client.on("error", () => undefined);
  return client;
}

async function checkTables(client: pg.Client): Promise<CheckResult> {
  const check = "the queue's tables";
  const { rows } = await client.query<{ exist: boolean }>(
    `select to_regclass('bullmq.job') is not null and to_regclass('bullmq.millrace_write_check') is not null
       and (select count(*) = 2 from pg_trigger where tgname in ('millrace_keep_place', 'millrace_keep_claim')
            and tgrelid = to_regclass('bullmq.job')) as exist`,
  );
  return rows[0]?.exist
    ? { check, state: "ok", message: "all tables exist" }
    : { check, state: "fail", message: "tables are missing or of an older version", remedy: "run millrace migrate" };
}

/**
 * Checks that a notification reaches a connection that listens. A pooler in transaction mode accepts LISTEN and then
 * assigns the server connection to another client. A worker then gets no notification of new jobs and only finds them by
 * polling.
 */
export async function checkNotify(listener: pg.Client, notifier: pg.Client): Promise<CheckResult> {
  const check = "LISTEN and NOTIFY";
  const isDelivered = await withDeadline(notify(listener, notifier), NOTIFY_MS).then(
    () => true,
    () => false,
  );
  if (isDelivered) return { check, state: "ok", message: "notifications reach other connections" };
  return {
    check,
    state: "fail",
    message: "notifications do not reach other connections, as behind a pooler in transaction mode",
    remedy: "set QUEUE_URL to the direct port of Postgres, or to a pooler in session mode",
  };
}

async function notify(listener: pg.Client, notifier: pg.Client): Promise<void> {
  // Each run has its own channel, because several processes may run the check at once.
  const { rows } = await listener.query<{ channel: string }>("select 'millrace_' || pg_backend_pid() as channel");
  const channel = rows[0]?.channel ?? "millrace";
  await listener.query(`listen ${channel}`);
  // Both are awaited together, so that a lost connection causes no unhandled rejection.
  await Promise.all([once(listener, "notification"), notifier.query(`notify ${channel}`)]);
}
