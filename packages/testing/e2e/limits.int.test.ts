import { expect, onTestFinished, test } from "vitest";
import { defaultQueueStore, until } from "../src/index.ts";
import { openWindows } from "./open-windows.ts";
import { type SendingHarness, type SentMessage, startSendingHarness } from "./sending-harness.ts";

/** Tolerance in ms: on a busy machine some requests take longer, so the next message arrives closer to them. */
const JITTER_MS = 1_000;

/** The number of the person and of the chat that get the most messages. */
const BUSIEST = 999;

/** The messages: enough for some seconds at each limit, and for one person and one chat more than one burst. */
const LOAD = [
  ...range(50).flatMap((person) => range(4).map((turn) => whatsapp(person, turn))),
  ...range(46).map((turn) => whatsapp(BUSIEST, turn)),
  ...range(35).flatMap((person) => range(3).map((turn) => telegram(person, turn))),
  ...range(9).map((turn) => telegram(BUSIEST, turn)),
];

test("two workers together stay within the platforms' rate limits in every second, and no message is refused", async () => {
  const harness = await startSendingHarness(defaultQueueStore());
  onTestFinished(harness.close);
  await queueAll(harness);
  await Promise.all([harness.startWorker(), harness.startWorker()]);
  const sent = await until(
    "every message is sent",
    async () => {
      const [whatsapps, telegrams] = [await harness.sentMessages("whatsapp"), await harness.sentMessages("telegram")];
      return whatsapps.length + telegrams.length === LOAD.length && { whatsapps, telegrams };
    },
    150_000,
  );

  // The sandbox enforces the platforms' limits. WhatsApp: 80 a second; per person 45 at once, then 1 in 6 s.
  // Telegram: 30 a second; per chat 5 at once, then 1 a second.
  expect(await harness.sandbox("/_limits")).toEqual({ enforced: true, refused: {} });
  expect(mostIn(1_000, sent.whatsapps)).toBeLessThanOrEqual(80);
  expect(mostIn(1_000, sent.telegrams)).toBeLessThanOrEqual(30);
  const toBusiest = (list: readonly SentMessage[]) => list.filter(({ to }) => to.endsWith(String(BUSIEST)));
  expect(msTooEarly(toBusiest(sent.whatsapps), { intervalMs: 6_000, burst: 45 })).toBe(0);
  expect(msTooEarly(toBusiest(sent.telegrams), { intervalMs: 1_000, burst: 3 })).toBeLessThanOrEqual(JITTER_MS);
}, 300_000);

type Message = { channel: SentMessage["channel"]; to: { phone: string } | { chatId: string }; text: string };

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function whatsapp(person: number, turn: number): Message {
  return { channel: "whatsapp", to: { phone: `+${15_550_000_000 + person}` }, text: `${person}.${turn}` };
}

function telegram(person: number, turn: number): Message {
  return { channel: "telegram", to: { chatId: String(7_000_000_000 + person) }, text: `${person}.${turn}` };
}

/** Queues all messages. A worker that does not consume the outbound queues makes rows of the requests, and stops. */
async function queueAll(harness: SendingHarness): Promise<void> {
  const worker = await harness.startWorker({
    WORKER_QUEUES: "whatsapp-inbound,whatsapp-requests,telegram-requests",
  });
  const phones = new Set(LOAD.flatMap(({ to }) => ("phone" in to ? [to.phone.slice(1)] : [])));
  await openWindows(harness, [...phones]);
  const remaining = [...LOAD.entries()];
  await Promise.all(
    range(20).map(async () => {
      for (let next = remaining.shift(); next; next = remaining.shift()) {
        const [index, { channel, to, text }] = next;
        await harness.send(channel, to, text, `limits-${index}`);
      }
    }),
  );
  await until(
    "every message is queued",
    async () => {
      const [row] = await harness.rows.rows<{ queued: number }>(
        "select count(*)::int as queued from messages where status = 'queued'",
      );
      return row?.queued === LOAD.length;
    },
    120_000,
  );
  await worker.stop();
  // The test does not need statuses, and processing them would slow the workers down.
  await harness.sandbox("/_faults", { match: { api: "whatsapp" }, fault: "no_status", share: 1 });
}

function timesOf(messages: readonly SentMessage[]): number[] {
  return messages.map(({ at }) => at).toSorted((one, other) => one - other);
}

/** Returns the most messages in any period of the given length in ms. */
function mostIn(ms: number, messages: readonly SentMessage[]): number {
  const times = timesOf(messages);
  let first = 0;
  let most = 0;
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - ms) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/**
 * Returns by how many ms the earliest message violates a limit of `burst` messages at once and then one per interval.
 * 0 if none does.
 */
function msTooEarly(
  messages: readonly SentMessage[],
  { intervalMs, burst }: { intervalMs: number; burst: number },
): number {
  const times = timesOf(messages);
  let worst = 0;
  for (const [from, start] of times.entries())
    for (const [more, end] of times.slice(from).entries())
      worst = Math.max(worst, (more + 1 - burst) * intervalMs - (end - start));
  return worst;
}
