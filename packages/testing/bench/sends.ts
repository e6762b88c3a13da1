import { setTimeout as wait } from "node:timers/promises";
import { deliver, type Item } from "../e2e/simulated-platform.ts";
import { until } from "../src/servers/index.ts";
import {
  ACCESS_TOKEN,
  API_KEY,
  type Deployment,
  MACHINE,
  QUEUE_STORES,
  type SentMessage,
  withDeployment,
} from "./deployment.ts";
import { median, postAll } from "./load.ts";

const CONVERSATIONS = 1_000;

/** Messages to each conversation per pass. A round has two passes, and WhatsApp allows 45 messages to a person at once. */
const MESSAGES_EACH = 2;
const MESSAGES = CONVERSATIONS * MESSAGES_EACH;
const CONCURRENCY = 32;
const ROUNDS = 3;

/** Longest duration of a step on a busy machine, in ms. */
const DEADLINE_MS = 150_000;

/** Messages per second in the steps of a round. */
type Rates = Record<"accepted" | "requests" | "sendsOnly" | "everything" | "fetchAlone", number>;

/**
 * `npm run bench -- sends`: WhatsApp texts per second from one worker to the sandbox, compared with fetch alone with
 * the same bodies at the same concurrency. The send API accepts all messages before the worker starts. In the first pass
 * the worker does everything. In the second pass another worker has already processed the requests, and no statuses come
 * back.
 */
export async function measureSends(): Promise<void> {
  process.stdout.write(
    [
      `${MESSAGES} texts to ${CONVERSATIONS} conversations per pass, ${CONCURRENCY} at a time, one worker, medians of ${ROUNDS} rounds`,
      MACHINE,
      "accepted: by the send API; requests: turned into rows and jobs, by a worker that does nothing else",
      "sends only: no requests, no statuses; everything: requests, sends and three statuses per text, by one worker",
      "fetch alone: the same bodies, no statuses; rates of sends are from the first to the last text in the sandbox",
    ].join("\n") + "\n\n",
  );
  const table: Record<string, Record<string, string>> = {};
  for (const store of QUEUE_STORES) {
    const rounds = await withDeployment(store, async (deployment) => {
      const conversations = await openConversations(deployment);
      const measured: Rates[] = [];
      for (let round = 0; round < ROUNDS; round++) measured.push(await measureRound(deployment, conversations));
      return measured;
    });
    const medianOf = (step: keyof Rates) => median(rounds.map((rates) => rates[step]));
    table[`queue on ${store}`] = {
      "accepted/s": medianOf("accepted").toFixed(0),
      "requests/s": medianOf("requests").toFixed(0),
      "sends only/s": medianOf("sendsOnly").toFixed(0),
      "everything/s": medianOf("everything").toFixed(0),
      "fetch alone/s": medianOf("fetchAlone").toFixed(0),
      "sends only / fetch": (medianOf("sendsOnly") / medianOf("fetchAlone")).toFixed(2),
      "everything / fetch": (medianOf("everything") / medianOf("fetchAlone")).toFixed(2),
    };
  }
  console.table(table);
}

async function measureRound(deployment: Deployment, conversations: readonly string[]): Promise<Rates> {
  await deployment.sandbox("DELETE", "/_faults");
  const accepted = await requestMessages(deployment, conversations);
  const everything = rateOf(await send(deployment, "read"));

  await deployment.sandbox("POST", "/_faults", { match: { api: "whatsapp" }, fault: "no_status", share: 1 });
  await requestMessages(deployment, conversations);
  const requests = await processRequests(deployment);
  const sent = await send(deployment, "sent");

  await deployment.sandbox("DELETE", "/_sent");
  const sameBodies = sent.map(({ content }) => ({ url: deployment.messagesUrl, token: ACCESS_TOKEN, body: content }));
  await postAll(sameBodies, CONCURRENCY, 200);
  const fetchAlone = rateOf(await deployment.sentMessages());
  return { accepted, requests, sendsOnly: rateOf(sent), everything, fetchAlone };
}

/** Requests the messages of a pass from the send API, in turn for each conversation. Returns the rate per second. */
async function requestMessages(deployment: Deployment, conversations: readonly string[]): Promise<number> {
  const url = `${deployment.ingestUrl}/api/integrations/whatsapp/send`;
  const requests = Array.from({ length: MESSAGES }, (_, index) => {
    const message = { type: "text", text: `Offer ${index}: the blue one is still there, shall we keep it for you?` };
    return { url, token: API_KEY, body: { to: { conversationId: conversations[index % CONVERSATIONS] }, message } };
  });
  const startedAt = performance.now();
  await postAll(requests, CONCURRENCY, 202);
  return MESSAGES / ((performance.now() - startedAt) / 1000);
}

/** Lets a worker turn the requests into rows and jobs. Returns the rate per second from the first commit to the last. */
async function processRequests(deployment: Deployment): Promise<number> {
  const worker = await deployment.startWorker({ WORKER_QUEUES: "whatsapp-requests" });
  await untilCount(deployment, "queued", MESSAGES);
  await worker.stop();
  const [row] = await deployment.rows.rows<{ count: number; seconds: number }>(
    `select count(*) filter (where created_at > first)::int as count,
       extract(epoch from max(created_at) - min(first))::float8 as seconds
     from messages, (select min(created_at) as first from messages where status = 'queued') as earliest
     where status = 'queued'`,
  );
  return row ? row.count / row.seconds : Number.NaN;
}

/** Lets a worker send all queued messages until they have the status. Returns what the sandbox received. */
async function send(deployment: Deployment, status: "sent" | "read"): Promise<SentMessage[]> {
  await deployment.sandbox("DELETE", "/_sent");
  const before = await countOf(deployment, status);
  const worker = await deployment.startWorker({ WORKER_CONCURRENCY: String(CONCURRENCY) });
  await until("all messages are sent", async () => (await slowly(deployment.sentCount)) >= MESSAGES, DEADLINE_MS);
  await untilCount(deployment, status, before + MESSAGES);
  await worker.stop();
  const sent = await deployment.sentMessages();
  if (sent.length !== MESSAGES) throw new Error(`${sent.length} sends of ${MESSAGES} messages`);
  return sent;
}

function rateOf(sent: readonly SentMessage[]): number {
  const times = sent.map(({ at }) => at);
  return (sent.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1000);
}

/**
 * Delivers a message from each person, which opens the window of 24 hours in which Millrace may write to them. The AI is
 * off. Returns the ids of the conversations.
 */
async function openConversations(deployment: Deployment): Promise<string[]> {
  const worker = await deployment.startWorker({ N8N_DISPATCH_URL: "" });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hellos = Array.from({ length: CONVERSATIONS }, (_, index): Item => {
    const id = `wamid.hello${index}`;
    const from = String(4_915_100_000_000 + index);
    const value = { id, from, timestamp, type: "text", text: { body: "Hello" } };
    return { eventId: `message.777.${id}`, list: "messages", value };
  });
  if (!(await deliver(deployment.ingestUrl, hellos))) throw new Error("ingest did not accept the first messages");
  await untilCount(deployment, "received", CONVERSATIONS);
  await worker.stop();
  const conversations = await deployment.rows.rows<{ id: string }>("select id from conversations order by id");
  return conversations.map(({ id }) => id);
}

function untilCount(deployment: Deployment, status: string, count: number): Promise<unknown> {
  return until(
    `${count} messages are ${status}`,
    async () => (await slowly(() => countOf(deployment, status))) === count,
    DEADLINE_MS,
  );
}

async function countOf({ rows }: Deployment, status: string): Promise<number> {
  const [row] = await rows.rows<{ count: number }>(
    `select count(*)::int as count from messages where status = '${status}'`,
  );
  return row?.count ?? 0;
}

/** Polls at most five times a second, because polling takes CPU time from what is measured. */
async function slowly<T>(poll: () => Promise<T>): Promise<T> {
  await wait(200);
  return poll();
}
