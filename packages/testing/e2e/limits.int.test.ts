import { describe, expect, onTestFinished, test } from "vitest";
import { queueStores, until } from "../src/index.ts";
import { openWindows } from "./open-windows.ts";
import { type Sending, startSending, type Taken } from "./sending.ts";

/** How much sooner after another a message may arrive than it left, in ms: on a busy machine some calls take longer. */
const JITTER_MS = 1_000;

/** Whom most messages go to. */
const FAVOURITE = 999;

/** What is sent: enough of it for some seconds at each limit, and to one person and one chat more than leaves at once. */
const LOAD = [
  ...range(100).flatMap((person) => range(4).map((turn) => whatsapp(person, turn))),
  ...range(47).map((turn) => whatsapp(FAVOURITE, turn)),
  ...range(60).flatMap((person) => range(3).map((turn) => telegram(person, turn))),
  ...range(10).map((turn) => telegram(FAVOURITE, turn)),
];

describe.each(queueStores())("with the queue on $kind", (store) => {
  test("what two workers send stays within the platforms' limits in every second, and none of it is refused", async () => {
    const sending = await startSending(store);
    onTestFinished(sending.close);
    await queueAll(sending);
    await Promise.all([sending.startWorker(), sending.startWorker()]);
    const taken = await until(
      "all is sent",
      async () => {
        const [whatsapps, telegrams] = [await sending.taken("whatsapp"), await sending.taken("telegram")];
        return whatsapps.length + telegrams.length === LOAD.length && { whatsapps, telegrams };
      },
      150_000,
    );

    // The sandbox keeps the platforms' own limits: 80 a second and 1 in 6 s after 45, 30 a second and 1 a second after 5.
    expect(await sending.sandbox("/_limits")).toEqual({ enforced: true, refused: {} });
    expect(mostIn(1_000, taken.whatsapps)).toBeLessThanOrEqual(80);
    expect(mostIn(1_000, taken.telegrams)).toBeLessThanOrEqual(30);
    const favourites = (list: readonly Taken[]) => list.filter(({ to }) => to.endsWith(String(FAVOURITE)));
    expect(tooEarly(favourites(taken.whatsapps), { intervalMs: 6_000, burst: 45 })).toBe(0);
    expect(tooEarly(favourites(taken.telegrams), { intervalMs: 1_000, burst: 3 })).toBeLessThanOrEqual(JITTER_MS);
  }, 300_000);
});

type Message = { channel: Taken["channel"]; to: { phone: string } | { chatId: string }; text: string };

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function whatsapp(person: number, turn: number): Message {
  return { channel: "whatsapp", to: { phone: `+${15_550_000_000 + person}` }, text: `${person}.${turn}` };
}

function telegram(person: number, turn: number): Message {
  return { channel: "telegram", to: { chatId: String(7_000_000_000 + person) }, text: `${person}.${turn}` };
}

/** Has all messages wait, ready to be sent: a worker that sends nothing takes them in, and ends. */
async function queueAll(sending: Sending): Promise<void> {
  const collector = await sending.startWorker({
    WORKER_QUEUES: "whatsapp-inbound,whatsapp-requests,telegram-requests",
  });
  const phones = new Set(LOAD.flatMap(({ to }) => ("phone" in to ? [to.phone.slice(1)] : [])));
  await openWindows(sending, [...phones]);
  const left = [...LOAD.entries()];
  await Promise.all(
    range(20).map(async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [index, { channel, to, text }] = next;
        await sending.send(channel, to, text, `limits-${index}`);
      }
    }),
  );
  await until(
    "all of them wait",
    async () => {
      const [row] = await sending.rows.rows<{ queued: number }>(
        "select count(*)::int as queued from messages where status = 'queued'",
      );
      return row?.queued === LOAD.length;
    },
    120_000,
  );
  await collector.stop();
  // Nobody asks for the statuses here: they would only take the workers' time.
  await sending.sandbox("/_faults", { match: { api: "whatsapp" }, fault: "no_status", share: 1 });
}

function timesOf(taken: readonly Taken[]): number[] {
  return taken.map(({ at }) => at).toSorted((one, other) => one - other);
}

/** The most messages in any stretch of so many ms. */
function mostIn(ms: number, taken: readonly Taken[]): number {
  const times = timesOf(taken);
  let first = 0;
  let most = 0;
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - ms) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** By how many ms at most a message is too early for `burst` at once and then one per interval; 0 when none is. */
function tooEarly(taken: readonly Taken[], { intervalMs, burst }: { intervalMs: number; burst: number }): number {
  const times = timesOf(taken);
  let worst = 0;
  for (const [from, start] of times.entries())
    for (const [more, end] of times.slice(from).entries())
      worst = Math.max(worst, (more + 1 - burst) * intervalMs - (end - start));
  return worst;
}
