import { QUEUE_ROLES } from "@millrace/core";
import { type JobQueue, openQueueBackend, type QueueBackend, queueDefinition } from "@millrace/queue";
import { createTestDatabase, openRows, type QueueStore, type RowReader, until } from "../src/index.ts";
import { secrets } from "./platform.ts";
import { type AppProcess, millrace, startApp } from "./processes.ts";

const API_KEY = "key-of-the-end-to-end-tests";

/** The number and the person that messages go between. */
const NUMBER = "777";

/** A message as the sandbox took it. */
export type Taken = {
  channel: "whatsapp" | "telegram";
  to: string;
  text: string;
  /** When, in ms since 1970. */
  at: number;
  /** The fault after which it was taken without an answer. */
  fault?: string;
};

/** Everything that sending takes, as processes of their own: ingest, workers, and the sandbox for the platforms. */
export type Sending = {
  ingestUrl: string;
  rows: RowReader;
  /** Starts another worker, with these variables besides. */
  startWorker(variables?: Record<string, string>): Promise<AppProcess>;
  /** Asks for a message by the send API until it is accepted, under one Idempotency-Key. */
  send(channel: Taken["channel"], to: object, text: string, key: string): Promise<void>;
  /** What the sandbox took, in its order. */
  taken(channel: Taken["channel"]): Promise<Taken[]>;
  takenCount(channel: Taken["channel"]): Promise<number>;
  /** How many jobs are in a worker's hands that a worker has died with before. */
  orphans(): Promise<number>;
  /** Reads or changes the sandbox by its own routes. */
  sandbox(path: string, body?: object): Promise<unknown>;
  /** Ends every process, at once, and drops the database. */
  close(): Promise<void>;
};

/** Starts {@link Sending} without workers, its queue in the given store. Leaves nothing behind when it fails. */
export async function startSending(store: QueueStore, variables: Record<string, string> = {}): Promise<Sending> {
  const database = await createTestDatabase();
  const rows = openRows(database.url);
  // Also those that are not ready yet, so that none outlives a test that ends early.
  const started: Promise<AppProcess>[] = [];
  let backend: QueueBackend | undefined;
  let queues: JobQueue[] = [];
  let closed = false;
  const close = async () => {
    closed = true;
    for (const app of await Promise.allSettled(started)) if (app.status === "fulfilled") await app.value.kill();
    for (const queue of queues) await queue.close();
    await backend?.close();
    await rows.close();
    await database.drop();
  };
  const start = async (...args: Parameters<typeof startApp>) => {
    if (closed) throw new Error("the test has ended");
    const app = startApp(...args);
    started.push(app);
    return app;
  };
  try {
    const base = {
      ...secrets,
      DATABASE_URL: database.url,
      QUEUE_URL: await store.url(database.url),
      API_KEYS: API_KEY,
      N8N_WEBHOOK_ENABLED: "false",
      LOG_LEVEL: "warn",
      ...variables,
    };
    await millrace(["migrate"], base);
    for (const channel of ["whatsapp", "telegram"]) await millrace(["accounts", "add", "E2E", channel, "*"], base);
    backend = openQueueBackend(base.QUEUE_URL, "consumer", 2);
    const opened = backend;
    queues = QUEUE_ROLES.map((role) => opened.queue(queueDefinition("whatsapp", role).name));
    const ingest = await start("ingest", base);
    const sandbox = await start("sandbox", { ...base, INGEST_PORT: String(ingest.port) });
    const sandboxUrl = `http://127.0.0.1:${sandbox.port}`;
    const ingestUrl = `http://127.0.0.1:${ingest.port}`;
    const workerBase = {
      ...base,
      WHATSAPP_ACCESS_TOKEN: "sandbox",
      WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0`,
      WHATSAPP_PHONE_NUMBER_ID: NUMBER,
      TELEGRAM_BOT_TOKEN: "sandbox",
      TELEGRAM_BASE_URL: `${sandboxUrl}/telegram`,
    };

    const ask = async (path: string, body?: object): Promise<unknown> => {
      const method = body === undefined ? "GET" : "POST";
      const response = await fetch(`${sandboxUrl}${path}`, {
        method,
        body: body === undefined ? null : JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`the sandbox answers ${response.status} at ${path}: ${await response.text()}`);
      return response.status === 204 ? undefined : response.json();
    };
    return {
      ingestUrl,
      rows,
      startWorker: (more = {}) => start("worker", { ...workerBase, ...more }),
      async send(channel, to, text, key) {
        const headers = {
          authorization: `Bearer ${API_KEY}`,
          "content-type": "application/json",
          "idempotency-key": key,
        };
        const body = JSON.stringify({ to, message: { type: "text", text } });
        await until("ingest accepts", async () => {
          const response = await fetch(`${ingestUrl}/api/integrations/${channel}/send`, {
            method: "POST",
            headers,
            body,
          });
          const said = await response.text();
          if (response.status === 503) return false;
          if (response.status !== 202) throw new Error(`ingest answers ${response.status}: ${said}`);
          return true;
        });
      },
      async taken(channel) {
        const sent = (await ask(`/_sent?channel=${channel}`)) as (Omit<Taken, "at"> & { at: string })[];
        return sent.map((message) => ({ ...message, at: Date.parse(message.at) }));
      },
      takenCount: async (channel) => ((await ask("/_sent/count")) as Record<string, number>)[channel] ?? 0,
      async orphans() {
        const active = await Promise.all(queues.map((queue) => queue.getJobs(["active"])));
        return active.flat().filter(({ stalledCounter }) => stalledCounter > 0).length;
      },
      sandbox: ask,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
