import { loadavg } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { openWindows } from "../e2e/open-windows.ts";
import { redisCommand, until } from "../src/servers/index.ts";
import { API_KEY, type Deployment, MACHINE, withDeployment } from "./deployment.ts";
import { postAll } from "./load.ts";

const CONVERSATIONS = 500;

/** The texts to each conversation, in their order. */
const TEXTS = ["one", "two", "three", "four"];
const MESSAGES = CONVERSATIONS * TEXTS.length;
const CONCURRENCY = 32;
const WORKERS = 2;

/** The share of the messages that are sent before Redis loses its data. */
const SENT_BEFORE = 1 / 4;

const POLL_MS = 500;

/** Longest duration of a step on a busy machine, in ms. */
const DEADLINE_MS = 600_000;

/**
 * `npm run bench -- lost-queue`: how long two workers need to send all messages of 500 conversations after `FLUSHALL`
 * removes every job of the queue. Rejects if a conversation gets a message twice or in another order.
 */
export async function measureLostQueue(): Promise<void> {
  process.stdout.write(
    `${MESSAGES} texts to ${CONVERSATIONS} conversations, ${WORKERS} workers, FLUSHALL after a quarter; ${MACHINE}\n`,
  );
  await withDeployment("redis", async (deployment) => {
    const { queueUrl, rows, sandbox, sentCount, startWorker } = deployment;
    const noAi = { N8N_DISPATCH_URL: "" };
    const phones = Array.from({ length: CONVERSATIONS }, (_, index) => String(4_915_100_000_000 + index));
    const first = await startWorker(noAi);
    await openWindows(deployment, phones);
    await first.stop();
    await requestMessages(deployment, phones);
    const requests = await startWorker({ ...noAi, WORKER_QUEUES: "whatsapp-requests" });
    await poll("all messages are queued", async () => (await unsent(rows)) === MESSAGES);
    await requests.stop();

    await Promise.all(Array.from({ length: WORKERS }, () => startWorker(noAi)));
    await poll("a part is sent", async () => (await sentCount()) >= MESSAGES * SENT_BEFORE);
    await redisCommand(Number(new URL(queueUrl).port), "FLUSHALL");
    const [lostAt, before, load] = [performance.now(), await sentCount(), loadavg()[0] ?? 0];
    await poll("all messages are sent", async () => (await unsent(rows)) === 0);
    const seconds = (performance.now() - lostAt) / 1000;

    const sent = (await sandbox("GET", "/_sent?channel=whatsapp")) as { to: string; text: string }[];
    const wrong = [...Map.groupBy(sent, ({ to }) => to)].filter(
      ([, texts]) => texts.map(({ text }) => text).join() !== TEXTS.join(),
    );
    if (sent.length !== MESSAGES || wrong.length > 0)
      throw new Error(`${sent.length} messages were sent, ${wrong.length} conversations have a wrong order`);
    process.stdout.write(
      `${before} sent before the loss, ${MESSAGES - before} after it in ${seconds.toFixed(0)} s, each once and in order; ` +
        `load ${load.toFixed(1)} at the loss, ${(loadavg()[0] ?? 0).toFixed(1)} at the end\n`,
    );
  });
}

/** Requests the messages in turn for each conversation. A request begins after the answer to the one before. */
async function requestMessages({ ingestUrl }: Deployment, phones: readonly string[]): Promise<void> {
  const url = `${ingestUrl}/api/integrations/whatsapp/send`;
  for (const text of TEXTS) {
    const body = (phone: string) => ({ to: { phone: `+${phone}` }, message: { type: "text", text } });
    await postAll(
      phones.map((phone) => ({ url, token: API_KEY, body: body(phone) })),
      CONCURRENCY,
      202,
    );
  }
}

async function unsent(rows: Deployment["rows"]): Promise<number> {
  const [row] = await rows.rows<{ count: number }>(
    "select count(*)::int as count from messages where status in ('queued', 'sending')",
  );
  return row?.count ?? 0;
}

/** Polls seldom, because polling takes CPU time from the workers. */
function poll(what: string, condition: () => Promise<boolean>): Promise<unknown> {
  const slowly = async () => {
    await wait(POLL_MS);
    return condition();
  };
  return until(what, slowly, DEADLINE_MS);
}
