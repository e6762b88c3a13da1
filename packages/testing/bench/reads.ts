import { EVENT_VERSION } from "@millrace/core";
import { openQueueBackend } from "@millrace/queue";
import { millrace, startApp } from "../e2e/processes.ts";
import { fillTables } from "../src/large-tables/index.ts";
import { openRows, type RowReader, startBenchServers, until } from "../src/servers/index.ts";
import { MACHINE } from "./deployment.ts";
import { median } from "./load.ts";

/** The size of the tables: see {@link fillTables}. */
const MESSAGES = 2_000_000;

/** The jobs that wait in one queue during the last runs of `status`. */
const WAITING_JOBS = 1_000_000;

/** Jobs that are added at a time. */
const CHUNK = 2_000;

const ROUNDS = 5;

const PASSWORD = "password-of-the-benchmarks";

const COMMANDS: readonly string[][] = [
  ["status"],
  ["status", "--exact"],
  ["trace", "dead.7"],
  ["conversations"],
  ["conversions"],
  ["contacts", "find", "lovel"],
  ["contacts", "find", "no such name"],
  ["contacts", "find", "+49 15100000007"],
  ["contacts", "erase", "+49 15100000007", "--dry-run"],
  ["dead-letters", "list"],
  ["dead-letters", "list", "--all"],
  ["dead-letters", "list", "--text", "allowed list"],
  ["dead-letters", "list", "--text", "no such error"],
  ["dead-letters", "list", "--tenant", "Mill"],
  ["dead-letters", "show", "dead.7"],
  ["dead-letters", "replay", "--all", "--dry-run"],
  ["dead-letters", "replay", "--text", "no such error", "--dry-run"],
  ["pauses", "list"],
];

const PAGES = [
  "/api/queues?activeQueue=dead-letters&status=failed",
  "/api/dead-letters?text=allowed%20list",
  "/replays",
  "/replays?preview=1",
  "/pauses",
  "/conversions",
  "/audit",
];

/**
 * `npm run bench -- reads`: how long the commands and the pages of the dashboard take at the size of a large company. The
 * first argument is another number of messages, a multiple of 200; the second one another number of waiting jobs.
 */
export async function measureReads(messages = MESSAGES, waitingJobs = WAITING_JOBS): Promise<void> {
  const servers = await startBenchServers();
  const rows = openRows(servers.postgresUrl);
  try {
    const queueUrl = servers.redisUrl ?? servers.postgresUrl;
    const environment = { DATABASE_URL: servers.postgresUrl, QUEUE_URL: queueUrl };
    await millrace(["migrate"], environment);
    await fillTables(servers.postgresUrl, messages);
    process.stdout.write(`${messages} messages and what belongs to them; medians of ${ROUNDS} runs; ${MACHINE}\n\n`);
    const table: Record<string, Record<string, string>> = {};
    for (const command of COMMANDS) table[command.join(" ")] = await measureCommand(rows, command, environment);
    Object.assign(table, await measurePages(environment));
    await addJobs(queueUrl, waitingJobs);
    for (const command of [["status"], ["status", "--exact"]])
      table[`${command.join(" ")}, ${waitingJobs} jobs waiting`] = await measureCommand(rows, command, environment);
    console.table(table);
  } finally {
    await rows.close();
    await servers.stop();
  }
}

/** Runs a command several times, each in a process of its own. */
async function measureCommand(rows: RowReader, command: readonly string[], environment: Record<string, string>) {
  const queryMs: number[] = [];
  const totalMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await activeTime(rows);
    const startedAt = performance.now();
    await millrace(command, environment);
    totalMs.push(performance.now() - startedAt);
    queryMs.push((await activeTime(rows)) - before);
  }
  return { "queries, ms": median(queryMs).toFixed(0), "whole command or page, ms": median(totalMs).toFixed(0) };
}

/** The time that Postgres has spent with statements, in ms. Postgres adds that of a session at the latest when it ends. */
async function activeTime(rows: RowReader): Promise<number> {
  await until("no other session uses the database", async () => {
    const others = await rows.rows(`select from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`);
    return others.length === 0;
  });
  const [row] = await rows.rows<{ ms: number }>(
    "select active_time as ms from pg_stat_database where datname = current_database()",
  );
  return row?.ms ?? 0;
}

async function measurePages(environment: Record<string, string>): Promise<Record<string, Record<string, string>>> {
  const signIn = { DASHBOARD_USER: "grace", DASHBOARD_PASSWORD: PASSWORD };
  const dashboard = await startApp("dashboard", { ...environment, ...signIn });
  const headers = { Authorization: `Basic ${Buffer.from(`grace:${PASSWORD}`).toString("base64")}` };
  const table: Record<string, Record<string, string>> = {};
  for (const path of PAGES) {
    const totalMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startedAt = performance.now();
      const response = await fetch(`http://127.0.0.1:${dashboard.port}${path}`, { headers });
      await response.text();
      if (!response.ok) throw new Error(`${response.status} at ${path}`);
      totalMs.push(performance.now() - startedAt);
    }
    table[path] = { "whole command or page, ms": median(totalMs).toFixed(0) };
  }
  await dashboard.stop();
  return table;
}

/** Adds jobs that no worker takes. */
async function addJobs(queueUrl: string, count: number): Promise<void> {
  const backend = openQueueBackend(queueUrl, "consumer", 2);
  const queue = backend.queue("whatsapp-inbound");
  for (let from = 0; from < count; from += CHUNK)
    await queue.addBulk(
      Array.from({ length: Math.min(CHUNK, count - from) }, (_, index) => {
        const id = `waiting.${from + index}`;
        const payload = { text: "Hello, is the blue one still there?" };
        const event = { v: EVENT_VERSION, integration: "whatsapp", id, kind: "message", correlationId: id, payload };
        return { name: "message", data: { ...event, receivedAt: new Date().toISOString() }, opts: { jobId: id } };
      }),
    );
  await queue.close();
  await backend.close();
}
