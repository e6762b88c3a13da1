import { cpus } from "node:os";
import { secrets } from "../e2e/simulated-platform.ts";
import { type AppProcess, millrace, startApp } from "../e2e/processes.ts";
import { findRedisServer, openRows, type RowReader, startBenchServers } from "../src/servers/index.ts";

/** A message as the sandbox took it. */
export type Taken = {
  text: string;
  /** When, in ms since 1970. */
  at: number;
  /** The body as it came. */
  content: unknown;
};

/** Ingest, workers, and the sandbox for the platforms, as processes of their own over new stores as in production. */
export type Stand = {
  ingestUrl: string;
  /** Where the sandbox takes WhatsApp's messages. */
  messagesUrl: string;
  rows: RowReader;
  startWorker(variables?: Record<string, string>): Promise<AppProcess>;
  /** Reads or changes the sandbox by its own routes. */
  sandbox(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown>;
  taken(): Promise<Taken[]>;
  takenCount(): Promise<number>;
};

/** Our number; the one that e2e/platform.ts has people write to. */
const NUMBER = "777";

/** By which a caller of the send API proves itself. */
export const API_KEY = "key-of-the-benchmarks";

/** By which the sandbox lets a caller send. */
export const ACCESS_TOKEN = "sandbox";

/** Where queues can be kept here. */
export const QUEUE_STORES = findRedisServer() ? (["redis", "postgres"] as const) : (["postgres"] as const);

/** The machine, in words. */
export const MACHINE = `${cpus().length} cores (${cpus()[0]?.model}), everything on the same ones`;

/** Sets up a {@link Stand} for as long as it is used; all that was started ends with it, also by Ctrl-C. */
export async function withStand<T>(
  store: (typeof QUEUE_STORES)[number],
  use: (stand: Stand) => Promise<T>,
): Promise<T> {
  // Also what is not ready yet, so that nothing outlives a benchmark that ends early.
  const ends: (() => Promise<unknown>)[] = [];
  let ending: Promise<void> | undefined;
  const endAll = async () => {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
  };
  const end = () => (ending ??= endAll());
  const interrupted = (signal: NodeJS.Signals) => void end().then(() => process.kill(process.pid, signal));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  const start = async (...args: Parameters<typeof startApp>) => {
    if (ending) throw new Error("interrupted");
    const app = startApp(...args);
    ends.push(async () => (await app).kill());
    return app;
  };
  try {
    const starting = startBenchServers();
    ends.push(async () => (await starting).stop());
    const servers = await starting;
    const rows = openRows(servers.postgresUrl);
    ends.push(() => rows.close());
    return await use(await setUp(start, rows, servers.postgresUrl, (store === "redis" && servers.redisUrl) || ""));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupted);
    await end();
  }
}

async function setUp(start: typeof startApp, rows: RowReader, databaseUrl: string, queueUrl: string): Promise<Stand> {
  const base = {
    ...secrets,
    DATABASE_URL: databaseUrl,
    QUEUE_URL: queueUrl || databaseUrl,
    API_KEYS: API_KEY,
    N8N_WEBHOOK_SECRET: "n8n-secret-of-the-benchmarks",
  };
  await millrace(["migrate"], base);
  await millrace(["accounts", "add", "Bench", "whatsapp", "*"], base);
  const ingest = await start("ingest", base);
  const sandboxApp = await start("sandbox", { ...base, INGEST_PORT: String(ingest.port) });
  const sandboxUrl = `http://127.0.0.1:${sandboxApp.port}`;
  const forWorkers = {
    ...base,
    WHATSAPP_ACCESS_TOKEN: ACCESS_TOKEN,
    WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0`,
    WHATSAPP_PHONE_NUMBER_ID: NUMBER,
    WHATSAPP_MESSAGES_PER_SECOND: "1000",
    TELEGRAM_BOT_TOKEN: ACCESS_TOKEN,
    TELEGRAM_BASE_URL: `${sandboxUrl}/telegram`,
  };
  const sandbox: Stand["sandbox"] = async (method, path, body) => {
    const response = await fetch(`${sandboxUrl}${path}`, { method, body: body ? JSON.stringify(body) : null });
    if (!response.ok) throw new Error(`the sandbox answers ${response.status} at ${path}`);
    return response.status === 204 ? undefined : response.json();
  };
  await sandbox("POST", "/_limits", { enforced: false });
  return {
    ingestUrl: `http://127.0.0.1:${ingest.port}`,
    messagesUrl: `${sandboxUrl}/graph/v26.0/${NUMBER}/messages`,
    rows,
    startWorker: (variables = {}) =>
      start("worker", { ...forWorkers, N8N_DISPATCH_URL: `${sandboxUrl}/n8n/webhook/millrace`, ...variables }),
    sandbox,
    async taken() {
      const sent = (await sandbox("GET", "/_sent?channel=whatsapp")) as (Omit<Taken, "at"> & { at: string })[];
      return sent.map(({ text, at, content }) => ({ text, at: Date.parse(at), content }));
    },
    takenCount: async () => ((await sandbox("GET", "/_sent/count")) as { whatsapp: number }).whatsapp,
  };
}
