import { once } from "node:events";
import pg from "pg";
import { type CheckResult, withDeadline } from "@millrace/core";
import { unreachable } from "./unreachable.ts";

/** How long Postgres may take to let us in, in ms. */
const CONNECT_MS = 3_000;

/** How long a word from one connection may take to another, in ms. */
const NOTIFY_MS = 2_000;

/** The checks of a Postgres that keeps the queue. */
export async function checkPostgresStore(url: string): Promise<CheckResult[]> {
  const [listener, notifier] = [open(url), open(url)];
  try {
    await Promise.all([listener.connect(), notifier.connect()]);
    return [await tables(notifier), await checkNotify(listener, notifier)];
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

async function tables(client: pg.Client): Promise<CheckResult> {
  const check = "the queue's tables";
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('bullmq.job') is not null
       and (select count(*) = 2 from pg_trigger where tgname in ('millrace_keep_place', 'millrace_keep_claim')
            and tgrelid = to_regclass('bullmq.job')) as found`,
  );
  return rows[0]?.found
    ? { check, state: "ok", message: "they are there" }
    : { check, state: "fail", message: "they are missing, or of an older version", remedy: "run millrace migrate" };
}

/**
 * Whether a word reaches the connection that listens for it. A pooler in transaction mode takes LISTEN and gives the
 * connection behind it to somebody else; then a worker is told of no job, and finds each by looking again.
 */
export async function checkNotify(listener: pg.Client, notifier: pg.Client): Promise<CheckResult> {
  const check = "LISTEN and NOTIFY";
  const heard = await withDeadline(hear(listener, notifier), NOTIFY_MS).then(
    () => true,
    () => false,
  );
  if (heard) return { check, state: "ok", message: "a word from one connection reaches another" };
  return {
    check,
    state: "fail",
    message: "no word reaches a connection that listens, as behind a pooler in transaction mode",
    remedy: "give QUEUE_URL the direct port of Postgres, or one of a pooler in session mode",
  };
}

async function hear(listener: pg.Client, notifier: pg.Client): Promise<void> {
  // A channel of its own: several workers may try it at once.
  const { rows } = await listener.query<{ channel: string }>("select 'millrace_' || pg_backend_pid() as channel");
  const channel = rows[0]?.channel ?? "millrace";
  await listener.query(`listen ${channel}`);
  // Together: when either connection is lost, the other's promise must not be left to fail with nobody to hear it.
  await Promise.all([once(listener, "notification"), notifier.query(`notify ${channel}`)]);
}
