import { cpus } from "node:os";
import { assignAccount } from "../e2e/assign-account.ts";
import { type AppProcess, millrace, startApp } from "../e2e/processes.ts";
import { secrets } from "../e2e/simulated-platform.ts";
import { findRedisServer, openRows, type RowReader, startBenchServers } from "../src/servers/index.ts";

/** A message that the sandbox received. */
export type SentMessage = {
  text: string;
  /** When the sandbox received it, in ms since 1970. */
  at: number;
  /** The body of the request. */
  content: unknown;
};

/** Ingest, workers and the sandbox as processes on new stores, configured as in production. */
export type Deployment = {
  ingestUrl: string;
  queueUrl: string;
  /** Where the sandbox accepts WhatsApp messages. */
  messagesUrl: string;
  rows: RowReader;
  startWorker(variables?: Record<string, string>): Promise<AppProcess>;
  /** Reads or changes the sandbox through its own routes. */
  sandbox(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<unknown>;
  sentMessages(): Promise<SentMessage[]>;
  sentCount(): Promise<number>;
};

/** The phone number id of all messages, as in e2e/simulated-platform.ts. */
const PHONE_NUMBER_ID = "777";

/** The key that the send API accepts. */
export const API_KEY = "key-of-the-benchmarks";

/** The token that the sandbox accepts. */
export const ACCESS_TOKEN = "sandbox";

/** The queue stores that this machine has. */
export const QUEUE_STORES = findRedisServer() ? (["redis", "postgres"] as const) : (["postgres"] as const);

/** Describes the machine. */
export const MACHINE = `${cpus().length} cores (${cpus()[0]?.model}), shared by all processes`;

/** Starts a {@link Deployment}, runs `use`, and stops everything that was started, also after Ctrl-C. */
export async function withDeployment<T>(
  store: (typeof QUEUE_STORES)[number],
  use: (deployment: Deployment) => Promise<T>,
): Promise<T> {
  // The list contains promises, so that processes stop too that are not ready when a benchmark ends early.
  const stops: (() => Promise<unknown>)[] = [];
  let stopping: Promise<void> | undefined;
  const stopAll = async () => {
    for (const stop of stops.toReversed()) await stop().catch(() => undefined);
  };
  const stopOnce = () => (stopping ??= stopAll());
  const onSignal = (signal: NodeJS.Signals) => void stopOnce().then(() => process.kill(process.pid, signal));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, onSignal);
  const start = async (...args: Parameters<typeof startApp>) => {
    if (stopping) throw new Error("interrupted");
    const app = startApp(...args);
    stops.push(async () => (await app).kill());
    return app;
  };
  try {
    const starting = startBenchServers();
    stops.push(async () => (await starting).stop());
    const servers = await starting;
    const rows = openRows(servers.postgresUrl);
    stops.push(() => rows.close());
    return await use(await setUp(start, rows, servers.postgresUrl, (store === "redis" && servers.redisUrl) || ""));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
    await stopOnce();
  }
}

async function setUp(
  start: typeof startApp,
  rows: RowReader,
  databaseUrl: string,
  queueUrl: string,
): Promise<Deployment> {
  const environment = {
    ...secrets,
    DATABASE_URL: databaseUrl,
    QUEUE_URL: queueUrl || databaseUrl,
    API_KEYS: API_KEY,
    N8N_WEBHOOK_SECRET: "n8n-secret-of-the-benchmarks",
  };
  await millrace(["migrate"], environment);
  await assignAccount(rows, "whatsapp", "*");
  const ingest = await start("ingest", environment);
  const sandboxApp = await start("sandbox", { ...environment, INGEST_PORT: String(ingest.port) });
  const sandboxUrl = `http://127.0.0.1:${sandboxApp.port}`;
  const workerEnvironment = {
    ...environment,
    WHATSAPP_ACCESS_TOKEN: ACCESS_TOKEN,
    WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0`,
    WHATSAPP_PHONE_NUMBER_ID: PHONE_NUMBER_ID,
    WHATSAPP_MESSAGES_PER_SECOND: "1000",
    TELEGRAM_BOT_TOKEN: ACCESS_TOKEN,
    TELEGRAM_BASE_URL: `${sandboxUrl}/telegram`,
  };
  const sandbox: Deployment["sandbox"] = async (method, path, body) => {
    const response = await fetch(`${sandboxUrl}${path}`, { method, body: body ? JSON.stringify(body) : null });
    if (!response.ok) throw new Error(`the sandbox answers ${response.status} at ${path}`);
    return response.status === 204 ? undefined : response.json();
  };
  await sandbox("POST", "/_limits", { enforced: false });
  return {
    ingestUrl: `http://127.0.0.1:${ingest.port}`,
    queueUrl: environment.QUEUE_URL,
    messagesUrl: `${sandboxUrl}/graph/v26.0/${PHONE_NUMBER_ID}/messages`,
    rows,
    startWorker: (variables = {}) =>
      start("worker", { ...workerEnvironment, N8N_DISPATCH_URL: `${sandboxUrl}/n8n/webhook/millrace`, ...variables }),
    sandbox,
    async sentMessages() {
      const sent = (await sandbox("GET", "/_sent?channel=whatsapp")) as (Omit<SentMessage, "at"> & { at: string })[];
      return sent.map(({ text, at, content }) => ({ text, at: Date.parse(at), content }));
    },
    sentCount: async () => ((await sandbox("GET", "/_sent/count")) as { whatsapp: number }).whatsapp,
  };
}
