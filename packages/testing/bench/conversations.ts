import { setTimeout as wait } from "node:timers/promises";
import { deliver, type Item } from "../e2e/simulated-platform.ts";
import { until } from "../src/servers/index.ts";
import { cpuPerUnit, type CpuTimes, readCpuTimes } from "./cpu-time.ts";
import { type Deployment, MACHINE, QUEUE_STORES, withDeployment } from "./deployment.ts";
import { percentile } from "./load.ts";

/** The loads to try, in messages per second. The benchmark ends at the first one that is too high. */
const LOADS = [5, 10, 20, 40, 80];

/** Duration of each load, in seconds. */
const SECONDS = 15;

const WARM_UP = { perSecond: 10, seconds: 5 };

/** The highest p99 of the time to an answer at which a load counts as sustained, in ms. */
const SUSTAINED_P99_MS = 1_000;

/** Longest time to wait for answers after the last message, in ms. Later answers count as missing. */
const ANSWER_DEADLINE_MS = 20_000;

/** A delivered message. `at` is when its request started, in ms since 1970; `acceptedMs` is the time until the 200. */
type Question = { text: string; at: number; acceptedMs: number };

type Measurement = {
  questions: readonly Question[];
  /** Time from the webhook to the answer, in ms, of each answered question. */
  answeredMs: readonly number[];
  /** From the first webhook to the last answer, with the statuses that arrived until then. */
  cpuPerTurn: CpuTimes;
};

/** The programs that belong to Millrace. The sandbox plays the platform and the AI. */
const PROGRAMS = ["ingest", "worker", "postgres", "redis"];

/**
 * `npm run bench -- conversations`: the time from the webhook of a customer's message until the sandbox's WhatsApp
 * receives the answer. One worker and the sandbox's n8n take part; its AI answers at once. Messages arrive at a constant
 * rate, whether or not earlier ones are answered. Each is from another person.
 */
export async function measureConversations(): Promise<void> {
  process.stdout.write(
    [
      `WhatsApp texts at a constant rate for ${SECONDS} s, one per person, one worker`,
      `${MACHINE}, including the sender of the load and the sandbox`,
      "the AI answers at once, without debounce (N8N_GATHER_MS=0; the default adds 2,000 ms)",
    ].join("\n") + "\n\n",
  );
  const table: Record<string, Record<string, string>> = {};
  for (const store of QUEUE_STORES) {
    await withDeployment(store, async (deployment) => {
      await deployment.startWorker({ N8N_GATHER_MS: "0", N8N_GATHER_CAP_MS: "0", N8N_ALLOWED_NETWORKS: "127.0.0.0/8" });
      let people = (await measure(deployment, 0, WARM_UP)).questions.length;
      for (const perSecond of LOADS) {
        const { questions, answeredMs, cpuPerTurn } = await measure(deployment, people, {
          perSecond,
          seconds: SECONDS,
        });
        people += questions.length;
        const acceptedMs = questions.map((question) => question.acceptedMs);
        const isSustained = answeredMs.length === questions.length && percentile(answeredMs, 0.99) <= SUSTAINED_P99_MS;
        table[`${store}: ${perSecond}/s`] = {
          answered: `${answeredMs.length} of ${questions.length}`,
          "p50 ms": percentile(answeredMs, 0.5).toFixed(0),
          "p99 ms": percentile(answeredMs, 0.99).toFixed(0),
          "until 200, p50 ms": percentile(acceptedMs, 0.5).toFixed(1),
          "until 200, p99 ms": percentile(acceptedMs, 0.99).toFixed(1),
          "CPU ms per turn": describeCpu(cpuPerTurn),
          [`p99 within ${SUSTAINED_P99_MS} ms`]: isSustained ? "yes" : "no",
        };
        if (!isSustained) break;
      }
    });
  }
  console.table(table);
}

/** Delivers a question per person at a constant rate, and measures the answers. `firstPerson` is the first number. */
async function measure(
  deployment: Deployment,
  firstPerson: number,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Measurement> {
  const count = perSecond * seconds;
  const before = readCpuTimes();
  const startedAt = performance.now();
  const deliveries: Promise<Question>[] = [];
  for (let index = 0; index < count; index++) {
    await wait(Math.max(0, startedAt + (index * 1000) / perSecond - performance.now()));
    deliveries.push(deliverQuestion(deployment, firstPerson + index));
  }
  const questions = await Promise.all(deliveries);
  const answers = async () => new Map((await deployment.sentMessages()).map(({ text, at }) => [text, at]));
  const areAllAnswered = (sent: Map<string, number>) => questions.every(({ text }) => sent.has(answerTo(text)));
  // Missing answers are not an error here: the table shows their number.
  await until("all questions are answered", async () => areAllAnswered(await answers()), ANSWER_DEADLINE_MS).catch(
    () => undefined,
  );
  const answeredAt = await answers();
  const answeredMs = questions.flatMap(({ text, at }) => {
    const answer = answeredAt.get(answerTo(text));
    return answer === undefined ? [] : [answer - at];
  });
  return { questions, answeredMs, cpuPerTurn: cpuPerUnit(before, readCpuTimes(), count) };
}

function describeCpu(times: CpuTimes): string {
  const used = PROGRAMS.flatMap((program) => (times[program] ? [{ program, ms: times[program] }] : []));
  const all = used.reduce((sum, { ms }) => sum + ms, 0);
  return [all.toFixed(0), ...used.map(({ program, ms }) => `${program} ${ms.toFixed(1)}`)].join(", ");
}

/** Returns the answer of the sandbox's AI. */
function answerTo(text: string): string {
  return `You wrote: ${text}`;
}

async function deliverQuestion({ ingestUrl }: Deployment, person: number): Promise<Question> {
  const at = Date.now();
  const id = `wamid.question${person}`;
  const from = String(4_915_100_000_000 + person);
  const timestamp = String(Math.floor(at / 1000));
  const text = `Question ${person}: is the blue one still there?`;
  const value = { id, from, timestamp, type: "text", text: { body: text } };
  const item: Item = { eventId: `message.777.${id}`, list: "messages", value };
  if (!(await deliver(ingestUrl, [item]))) throw new Error("ingest did not accept a message");
  return { text, at, acceptedMs: Date.now() - at };
}
