import { QUEUE_ROLES } from "@millrace/core";
import { openQueueBackend, type QueueBackend, queueDefinition } from "@millrace/queue";
import { createTestDatabase, openRows, type QueueStore, type RowReader, until } from "../src/index.ts";
import { freePort } from "../src/servers/index.ts";
import { assignAccount } from "./assign-account.ts";
import { type AppProcess, startApp } from "./processes.ts";
import { secrets } from "./simulated-platform.ts";

const API_KEY = "key-of-the-end-to-end-tests";

/** The phone number id that sends and receives all WhatsApp messages. */
const PHONE_NUMBER_ID = "777";

/** A message that the sandbox received. */
export type SentMessage = {
  channel: "whatsapp" | "telegram";
  to: string;
  text: string;
  /** When the sandbox received it, in ms since 1970. */
  at: number;
  /** The injected fault that replaced the answer. */
  fault?: string;
};

/** Ingest, workers and the sandbox as processes, to test sending. */
export type SendingHarness = {
  ingestUrl: string;
  rows: RowReader;
  /** Starts a worker, with additional variables. */
  startWorker(variables?: Record<string, string>): Promise<AppProcess>;
  /** Repeats a request to the send API, with one Idempotency-Key, until ingest accepts it. */
  send(channel: SentMessage["channel"], to: object, text: string, key: string): Promise<void>;
  /** Returns the messages that the sandbox received, in order. */
  sentMessages(channel: SentMessage["channel"]): Promise<SentMessage[]>;
  sentCount(channel: SentMessage["channel"]): Promise<number>;
  /** Returns the number of active jobs that have already lost a worker. */
  stalledJobCount(): Promise<number>;
  /** Reads or changes the sandbox through its own routes. */
  sandbox(path: string, body?: object): Promise<unknown>;
  /** Kills every process and drops the database. */
  close(): Promise<void>;
};

/** Starts a harness without workers, with its queue in the given store. If it fails, it leaves nothing running. */
export async function startSendingHarness(
  store: QueueStore,
  variables: Record<string, string> = {},
): Promise<SendingHarness> {
  const database = await createTestDatabase();
  const rows = openRows(database.url);
  // The list contains promises, so that processes are killed too that are not ready when a test ends early.
  const started: Promise<AppProcess>[] = [];
  let queueProbe: QueueProbe | undefined;
  let closed = false;
  const close = async () => {
    closed = true;
    for (const app of await Promise.allSettled(started)) if (app.status === "fulfilled") await app.value.kill();
    await queueProbe?.close();
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
    const environment = {
      ...secrets,
      DATABASE_URL: database.url,
      QUEUE_URL: await store.url(database.url),
      API_KEYS: API_KEY,
      N8N_WEBHOOK_ENABLED: "false",
      LOG_LEVEL: "warn",
      // The sandbox delivers statuses to this port, so both can start at the same time.
      INGEST_PORT: String(await freePort()),
      ...variables,
    };
    for (const channel of ["whatsapp", "telegram"]) await assignAccount(rows, channel, "*");
    queueProbe = openQueueProbe(environment.QUEUE_URL);
    const { stalledJobCount } = queueProbe;
    const [ingest, sandbox] = await Promise.all([start("ingest", environment), start("sandbox", environment)]);
    const sandboxUrl = `http://127.0.0.1:${sandbox.port}`;
    const ingestUrl = `http://127.0.0.1:${ingest.port}`;
    const request = sandboxRequests(sandboxUrl);
    return {
      ingestUrl,
      rows,
      startWorker: (more = {}) => start("worker", { ...environment, ...sandboxVariables(sandboxUrl), ...more }),
      send: (channel, to, text, key) =>
        postUntilAccepted(`${ingestUrl}/api/integrations/${channel}/send`, key, {
          to,
          message: { type: "text", text },
        }),
      async sentMessages(channel) {
        const sent = (await request(`/_sent?channel=${channel}`)) as (Omit<SentMessage, "at"> & { at: string })[];
        return sent.map((message) => ({ ...message, at: Date.parse(message.at) }));
      },
      sentCount: async (channel) => ((await request("/_sent/count")) as Record<string, number>)[channel] ?? 0,
      stalledJobCount,
      sandbox: request,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type QueueProbe = { stalledJobCount(): Promise<number>; close(): Promise<void> };

/** Opens the queues of WhatsApp to look at their active jobs. */
function openQueueProbe(queueUrl: string): QueueProbe {
  const backend: QueueBackend = openQueueBackend(queueUrl, "consumer", 2);
  const queues = QUEUE_ROLES.map((role) => backend.queue(queueDefinition("whatsapp", role).name));
  return {
    async stalledJobCount() {
      const active = await Promise.all(queues.map((queue) => queue.getJobs(["active"])));
      return active.flat().filter(({ stalledCounter }) => stalledCounter > 0).length;
    },
    async close() {
      for (const queue of queues) await queue.close();
      await backend.close();
    },
  };
}

/** The variables that make a worker send to the sandbox. */
function sandboxVariables(sandboxUrl: string): Record<string, string> {
  return {
    WHATSAPP_ACCESS_TOKEN: "sandbox",
    WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0`,
    WHATSAPP_PHONE_NUMBER_ID: PHONE_NUMBER_ID,
    TELEGRAM_BOT_TOKEN: "sandbox",
    TELEGRAM_BASE_URL: `${sandboxUrl}/telegram`,
  };
}

function sandboxRequests(sandboxUrl: string): SendingHarness["sandbox"] {
  return async (path, body) => {
    const response = await fetch(`${sandboxUrl}${path}`, {
      method: body === undefined ? "GET" : "POST",
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the sandbox answers ${response.status} at ${path}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  };
}

async function postUntilAccepted(url: string, key: string, payload: object): Promise<void> {
  const headers = {
    authorization: `Bearer ${API_KEY}`,
    "content-type": "application/json",
    "idempotency-key": key,
  };
  await until("ingest accepts the message", async () => {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(payload) });
    const answer = await response.text();
    if (response.status === 503) return false;
    if (response.status !== 202) throw new Error(`ingest answers ${response.status}: ${answer}`);
    return true;
  });
}
