import { setTimeout as wait } from "node:timers/promises";
import { deliver, type Item } from "../e2e/simulated-platform.ts";
import { until } from "../src/servers/index.ts";
import { percentile } from "./load.ts";
import { MACHINE, QUEUE_STORES, type Stand, withStand } from "./deployment.ts";

/** Messages per second that come in: the loads that are tried, until one is too much. */
const LOADS = [5, 10, 20, 40, 80];

/** How long each is kept up, in seconds. */
const SECONDS = 15;

const WARM_UP = { perSecond: 10, seconds: 5 };

/** A load is kept up with while its slowest hundredth is answered within this, in ms. */
const ENOUGH_MS = 1_000;

/** How long answers may be late before they count as missing, in ms. */
const DEADLINE_MS = 20_000;

/** A message that came in: when its webhook was begun, and how long until ingest's 200, in ms. */
type Asked = { text: string; at: number; acceptedMs: number };

/**
 * `npm run bench -- conversations`: how long a customer waits from the webhook of a message to the answer that the
 * sandbox's WhatsApp gets, by way of one worker and the sandbox's n8n, whose AI answers at once. Messages come at a
 * steady pace whether or not earlier ones are answered, each of another person.
 */
export async function measureConversations(): Promise<void> {
  process.stdout.write(
    [
      `WhatsApp texts at a steady pace for ${SECONDS} s each, one of each person; one worker`,
      `${MACHINE}, the load's sender and the sandbox included`,
      "the AI answers at once, and nothing is waited for to gather (N8N_GATHER_MS=0; its default adds 2,000 ms)",
    ].join("\n") + "\n\n",
  );
  const table: Record<string, Record<string, string>> = {};
  for (const store of QUEUE_STORES) {
    await withStand(store, async (stand) => {
      await stand.startWorker({ N8N_GATHER_MS: "0", N8N_GATHER_CAP_MS: "0", N8N_ALLOWED_NETWORKS: "127.0.0.0/8" });
      let people = (await measure(stand, 0, WARM_UP)).asked.length;
      for (const perSecond of LOADS) {
        const { asked, answerTimeoutMs } = await measure(stand, people, { perSecond, seconds: SECONDS });
        people += asked.length;
        const accepted = asked.map(({ acceptedMs }) => acceptedMs);
        const kept = answerTimeoutMs.length === asked.length && percentile(answerTimeoutMs, 0.99) <= ENOUGH_MS;
        table[`${store}: ${perSecond}/s`] = {
          answered: `${answerTimeoutMs.length} of ${asked.length}`,
          "p50 ms": percentile(answerTimeoutMs, 0.5).toFixed(0),
          "p99 ms": percentile(answerTimeoutMs, 0.99).toFixed(0),
          "until 200, p50 ms": percentile(accepted, 0.5).toFixed(1),
          "until 200, p99 ms": percentile(accepted, 0.99).toFixed(1),
          [`p99 within ${ENOUGH_MS} ms`]: kept ? "yes" : "no",
        };
        if (!kept) break;
      }
    });
  }
  console.table(table);
}

/** Has people write for so long, the first under this number; and how many ms later each who was answered was. */
async function measure(
  stand: Stand,
  first: number,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<{ asked: readonly Asked[]; answerTimeoutMs: number[] }> {
  const count = perSecond * seconds;
  const startedAt = performance.now();
  const asking: Promise<Asked>[] = [];
  for (let index = 0; index < count; index++) {
    await wait(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
    asking.push(ask(stand, first + index));
  }
  const asked = await Promise.all(asking);
  const answers = async () => new Map((await stand.taken()).map(({ text, at }) => [text, at]));
  const isAnswered = (answered: Map<string, number>) => asked.every(({ text }) => answered.has(answerTo(text)));
  // What is missing after this shows in the figures.
  await until("all are answered", async () => isAnswered(await answers()), DEADLINE_MS).catch(() => undefined);
  const answeredAt = await answers();
  const answerTimeoutMs = asked.flatMap(({ text, at }) => {
    const answer = answeredAt.get(answerTo(text));
    return answer === undefined ? [] : [answer - at];
  });
  return { asked, answerTimeoutMs };
}

/** What the sandbox's AI says. */
function answerTo(text: string): string {
  return `You wrote: ${text}`;
}

async function ask(stand: Stand, person: number): Promise<Asked> {
  const at = Date.now();
  const id = `wamid.question${person}`;
  const from = String(4_915_100_000_000 + person);
  const timestamp = String(Math.floor(at / 1000));
  const text = `Question ${person}: is the blue one still there?`;
  const value = { id, from, timestamp, type: "text", text: { body: text } };
  const item: Item = { eventId: `message.777.${id}`, list: "messages", value };
  if (!(await deliver(stand.ingestUrl, [item]))) throw new Error("ingest did not take a message");
  return { text, at, acceptedMs: Date.now() - at };
}
