import { setTimeout as wait } from "node:timers/promises";
import { deliver, type Item } from "../e2e/simulated-platform.ts";
import { until } from "../src/servers/index.ts";
import { median, postAll } from "./load.ts";
import { ACCESS_TOKEN, API_KEY, MACHINE, QUEUE_STORES, type Stand, type Taken, withStand } from "./deployment.ts";

const CONVERSATIONS = 250;

/** Messages to each conversation in a pass. There are two passes a round; a pair may have 44 in all without a wait. */
const EACH = 2;
const MESSAGES = CONVERSATIONS * EACH;
const CONCURRENCY = 32;
const ROUNDS = 3;

/** Longest that a step may take, in ms, on a machine that is busy with other things. */
const DEADLINE_MS = 150_000;

/** Messages per second of a round, by step. */
type Rates = Record<"accepted" | "together" | "requests" | "alone" | "plain", number>;

/**
 * `npm run bench -- sends`: WhatsApp texts per second that the sandbox gets from one worker, beside the same bodies
 * posted by fetch alone at the same concurrency. All are accepted by the send API before the worker starts. In one pass
 * it does all that there is to do; in the other the requests became rows before and no statuses come back.
 */
export async function measureSends(): Promise<void> {
  process.stdout.write(
    [
      `${MESSAGES} texts to ${CONVERSATIONS} conversations a pass, ${CONCURRENCY} at a time, one worker, ${ROUNDS} rounds, medians`,
      MACHINE,
      "accepted: by the send API; requests: made into rows and jobs, one at a time, by a worker that does nothing else",
      "all together: requests, sends and three statuses of each message by one worker; sends alone: no requests, no statuses",
      "plain: fetch with the same bodies, no statuses. Sends are counted from the first to the last that the sandbox took",
    ].join("\n") + "\n\n",
  );
  const table: Record<string, Record<string, string>> = {};
  for (const store of QUEUE_STORES) {
    const rounds = await withStand(store, async (stand) => {
      const conversations = await openConversations(stand);
      const measured: Rates[] = [];
      for (let round = 0; round < ROUNDS; round++) measured.push(await measureRound(stand, conversations));
      return measured;
    });
    const of = (step: keyof Rates) => median(rounds.map((rates) => rates[step]));
    table[`queue on ${store}`] = {
      "accepted/s": of("accepted").toFixed(0),
      "requests/s": of("requests").toFixed(0),
      "all together/s": of("together").toFixed(0),
      "sends alone/s": of("alone").toFixed(0),
      "plain/s": of("plain").toFixed(0),
      "together of plain": (of("together") / of("plain")).toFixed(2),
      "alone of plain": (of("alone") / of("plain")).toFixed(2),
    };
  }
  console.table(table);
}

async function measureRound(stand: Stand, conversations: readonly string[]): Promise<Rates> {
  await stand.sandbox("DELETE", "/_faults");
  const accepted = await accept(stand, conversations);
  const together = rateOf(await send(stand, "read"));

  await stand.sandbox("POST", "/_faults", { match: { api: "whatsapp" }, fault: "no_status", share: 1 });
  await accept(stand, conversations);
  const requests = await takeIn(stand);
  const taken = await send(stand, "sent");

  await stand.sandbox("DELETE", "/_sent");
  const same = taken.map(({ content }) => ({ url: stand.messagesUrl, token: ACCESS_TOKEN, body: content }));
  await postAll(same, CONCURRENCY, 200);
  return { accepted, together, requests, alone: rateOf(taken), plain: rateOf(await stand.taken()) };
}

/** Asks for a pass's messages by the send API, one to each conversation in turn; how many a second were accepted. */
async function accept(stand: Stand, conversations: readonly string[]): Promise<number> {
  const url = `${stand.ingestUrl}/api/integrations/whatsapp/send`;
  const requests = Array.from({ length: MESSAGES }, (_, index) => {
    const message = { type: "text", text: `Offer ${index}: the blue one is still there, shall we keep it for you?` };
    return { url, token: API_KEY, body: { to: { conversationId: conversations[index % CONVERSATIONS] }, message } };
  });
  const startedAt = performance.now();
  await postAll(requests, CONCURRENCY, 202);
  return MESSAGES / ((performance.now() - startedAt) / 1000);
}

/** Has a worker make rows and jobs of the accepted requests; how many a second, by the times of their transactions. */
async function takeIn(stand: Stand): Promise<number> {
  const worker = await stand.startWorker({ WORKER_QUEUES: "whatsapp-requests" });
  await untilCount(stand, "queued", MESSAGES);
  await worker.stop();
  const [row] = await stand.rows.rows<{ seconds: number }>(
    "select extract(epoch from max(created_at) - min(created_at))::float8 as seconds from messages where status = 'queued'",
  );
  return (MESSAGES - 1) / (row?.seconds ?? Number.NaN);
}

/** Has a worker send what waits, until that many more have this status; what the sandbox took. */
async function send(stand: Stand, status: "sent" | "read"): Promise<Taken[]> {
  await stand.sandbox("DELETE", "/_sent");
  const before = await countOf(stand, status);
  const worker = await stand.startWorker({ WORKER_CONCURRENCY: String(CONCURRENCY) });
  await until("all are sent", async () => (await rarely(stand.takenCount)) >= MESSAGES, DEADLINE_MS);
  await untilCount(stand, status, before + MESSAGES);
  await worker.stop();
  const taken = await stand.taken();
  if (taken.length !== MESSAGES) throw new Error(`${taken.length} sends of ${MESSAGES} messages`);
  return taken;
}

function rateOf(taken: readonly Taken[]): number {
  const times = taken.map(({ at }) => at);
  return (taken.length - 1) / ((Math.max(...times) - Math.min(...times)) / 1000);
}

/** Has people write, so that they may be written to for 24 hours; the ids of their conversations. No AI is asked. */
async function openConversations(stand: Stand): Promise<string[]> {
  const worker = await stand.startWorker({ N8N_DISPATCH_URL: "" });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const hellos = Array.from({ length: CONVERSATIONS }, (_, index): Item => {
    const id = `wamid.hello${index}`;
    const from = String(4_915_100_000_000 + index);
    const value = { id, from, timestamp, type: "text", text: { body: "Hello" } };
    return { eventId: `message.777.${id}`, list: "messages", value };
  });
  if (!(await deliver(stand.ingestUrl, hellos))) throw new Error("ingest did not take the first messages");
  await untilCount(stand, "received", CONVERSATIONS);
  await worker.stop();
  const found = await stand.rows.rows<{ id: string }>("select id from conversations order by id");
  return found.map(({ id }) => id);
}

function untilCount(stand: Stand, status: string, count: number): Promise<unknown> {
  return until(
    `${count} messages are ${status}`,
    async () => (await rarely(() => countOf(stand, status))) === count,
    DEADLINE_MS,
  );
}

async function countOf({ rows }: Stand, status: string): Promise<number> {
  const [row] = await rows.rows<{ count: number }>(
    `select count(*)::int as count from messages where status = '${status}'`,
  );
  return row?.count ?? 0;
}

/** Asks only some times a second, because asking takes from what is measured. */
async function rarely<T>(ask: () => Promise<T>): Promise<T> {
  await wait(200);
  return ask();
}
