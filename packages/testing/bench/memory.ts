import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { createProducer, openQueueBackend, queueDefinition } from "@millrace/queue";
import { assignAccount } from "../e2e/assign-account.ts";
import { type AppProcess, millrace, startApp } from "../e2e/processes.ts";
import { deliver, type Item, secrets } from "../e2e/simulated-platform.ts";
import { openRows, redisCommand, startBenchServers } from "../src/servers/index.ts";
import { MACHINE, QUEUE_STORES } from "./deployment.ts";

/** The jobs that wait in one queue when the load begins. */
const WAITING_JOBS = 1_000_000;

/** Jobs that are added at a time, and the size that gives a busy store a minute for it, in bytes. */
const CHUNK = 2_000;
const CHUNK_BYTES = 60_000_000;

/** How long the processes run without work before they are measured, and how long under load, in seconds. */
const REST_SECONDS = 60;
const LOAD_SECONDS = 90;

/** Webhooks in progress at a time. */
const CONNECTIONS = 32;

const PEOPLE = 500;

const APPS = ["ingest", "worker", "dashboard"] as const;

/** The pages that the dashboard serves in turn under load. */
const PAGES = [
  "/api/queues?activeQueue=whatsapp-inbound&status=waiting&page=1&jobsPerPage=10",
  "/api/queues?activeQueue=dead-letters&status=failed",
  "/replays",
  "/conversions",
  "/audit",
];

const SIGN_IN = { DASHBOARD_USER: "grace", DASHBOARD_PASSWORD: "password-of-the-benchmarks" };

type Apps = Record<(typeof APPS)[number], AppProcess>;

/** Resident memory in MB. */
type Memory = { resident: number; peak: number };

/**
 * `npm run bench -- memory`: resident memory of the processes at rest, and at full load while a million texts wait in the
 * queue, and the bytes of Redis per waiting text. The first argument is another number of texts.
 */
export async function measureMemory(waitingJobs = WAITING_JOBS): Promise<void> {
  process.stdout.write(
    `${waitingJobs} waiting texts, ${REST_SECONDS} s of rest, ${LOAD_SECONDS} s of load; ${MACHINE}, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  for (const store of QUEUE_STORES) console.table(await measureStore(store, waitingJobs));
}

async function measureStore(store: (typeof QUEUE_STORES)[number], waitingJobs: number) {
  const servers = await startBenchServers();
  const rows = openRows(servers.postgresUrl);
  const queueUrl = (store === "redis" && servers.redisUrl) || servers.postgresUrl;
  const running: AppProcess[] = [];
  const start = async (name: (typeof APPS)[number], environment: Record<string, string>) => {
    const app = await startApp(name, environment);
    running.push(app);
    return app;
  };
  try {
    const environment = { ...secrets, ...SIGN_IN, DATABASE_URL: servers.postgresUrl, QUEUE_URL: queueUrl };
    await millrace(["migrate"], environment);
    await assignAccount(rows, "whatsapp", "*");
    // The first start compiles the code, which takes memory. The images contain compiled code.
    for (const app of APPS) await (await start(app, environment)).stop();
    const ingest = await start("ingest", environment);
    const dashboard = await start("dashboard", environment);
    const idle = await start("worker", environment);
    await wait(REST_SECONDS * 1_000);
    const atRest = memoryOf({ ingest, dashboard, worker: idle });
    await idle.stop();
    const bytesPerJob = await fill(queueUrl, waitingJobs);
    const apps = { ingest, dashboard, worker: await start("worker", environment) };
    await runLoad(apps);
    const [left] = await rows.rows<{ count: number }>("select count(*)::int as count from messages");
    process.stdout.write(`${store}: ${bytesPerJob} bytes per waiting text, ${left?.count} texts became rows\n`);
    const atLoad = memoryOf(apps);
    return Object.fromEntries(
      APPS.map((app) => [
        `${store}: ${app}`,
        {
          "at rest, MB": atRest[app].resident.toFixed(0),
          "at load, MB": atLoad[app].resident.toFixed(0),
          "at most, MB": atLoad[app].peak.toFixed(0),
        },
      ]),
    );
  } finally {
    for (const app of running) await app.kill();
    await rows.close();
    await servers.stop();
  }
}

function memoryOf(apps: Apps): Record<keyof Apps, Memory> {
  return {
    ingest: readMemory(apps.ingest.pid),
    worker: readMemory(apps.worker.pid),
    dashboard: readMemory(apps.dashboard.pid),
  };
}

/** Reads the resident memory of a process: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function readMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
  return { resident: read("VmRSS"), peak: read("VmHWM") };
}

/** Adds waiting texts as ingest does. Returns the bytes of Redis for each of them, or "unknown" without Redis. */
async function fill(queueUrl: string, count: number): Promise<string> {
  const before = await usedMemory(queueUrl);
  const backend = openQueueBackend(queueUrl, "consumer", 2);
  const producer = createProducer(backend, queueDefinition("whatsapp", "inbound"));
  for (let from = 0; from < count; from += CHUNK) {
    const texts = Array.from({ length: Math.min(CHUNK, count - from) }, (_, index) => waitingText(from + index));
    await producer.enqueue(texts, CHUNK_BYTES);
  }
  await producer.close();
  await backend.close();
  const after = await usedMemory(queueUrl);
  return before === undefined || after === undefined ? "unknown" : ((after - before) / count).toFixed(0);
}

/** The memory that Redis has allocated, in bytes; undefined for Postgres. */
async function usedMemory(queueUrl: string): Promise<number | undefined> {
  const { protocol, port } = new URL(queueUrl);
  if (protocol !== "redis:") return undefined;
  const info = await redisCommand(Number(port), "INFO memory");
  return Number(/used_memory:(\d+)/.exec(info)?.[1]);
}

/** The time of the first waiting text, in s since 1970. */
const FIRST_TEXT_AT = 1_790_000_000;

/** A text of one of {@link PEOPLE}, as ingest parses it. */
function waitingText(index: number): InboundEvent {
  const from = `49151${String(index % PEOPLE).padStart(8, "0")}`;
  const id = `wamid.HBgLNDkxNTE${String(index).padStart(12, "0")}`;
  return {
    v: EVENT_VERSION,
    integration: "whatsapp",
    id: `message.777.${id}`,
    kind: "message",
    correlationId: crypto.randomUUID(),
    receivedAt: new Date().toISOString(),
    payload: {
      metadata: { display_phone_number: "49301234567", phone_number_id: "777" },
      contact: { profile: { name: "Ada Sample" }, wa_id: from },
      message: {
        from,
        id,
        timestamp: String(FIRST_TEXT_AT + Math.floor(index / PEOPLE)),
        type: "text",
        text: { body: "Hello, is the blue one still there?" },
      },
    },
  };
}

/** Delivers webhooks and opens pages of the dashboard, while the worker processes the waiting texts. */
async function runLoad({ ingest, dashboard }: Apps): Promise<void> {
  const end = performance.now() + LOAD_SECONDS * 1_000;
  const isOver = () => performance.now() > end;
  let texts = 0;
  const deliverTexts = async () => {
    while (!isOver()) await deliver(`http://127.0.0.1:${ingest.port}`, [newText(texts++)]);
  };
  const openPages = async () => {
    const authorization = `Basic ${Buffer.from(Object.values(SIGN_IN).join(":")).toString("base64")}`;
    for (let page = 0; !isOver(); page++) {
      const url = `http://127.0.0.1:${dashboard.port}${PAGES[page % PAGES.length]}`;
      const response = await fetch(url, { headers: { authorization } });
      await response.text();
    }
  };
  await Promise.all([...Array.from({ length: CONNECTIONS }, deliverTexts), openPages()]);
}

function newText(index: number): Item {
  const id = `wamid.load${index}`;
  const from = `49152${String(index % PEOPLE).padStart(8, "0")}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const value = { id, from, timestamp, type: "text", text: { body: `Text ${index}: is it still there?` } };
  return { eventId: `message.777.${id}`, list: "messages", value };
}
