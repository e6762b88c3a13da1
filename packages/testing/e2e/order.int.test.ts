import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { queueStores, until } from "../src/index.ts";
import { inTurn } from "./in-turn.ts";
import { openWindows } from "./open-windows.ts";
import { type SendingHarness, startSendingHarness } from "./sending-harness.ts";

const WORKERS = 3;
const KILL_EVERY_MS = 4_000;

/** Senders in parallel. Each requests the next message of a conversation after the previous one is accepted. */
const SENDERS = 40;

/** Number of conversations. The runs differ only in the store, so one of them is large. */
const CONVERSATIONS = { redis: 60, postgres: 40 };
const MESSAGES_EACH = 3;

/** Faults of first attempts: refused, sent without a confirmation, rate-limited. Each affects an eighth of the sends. */
const FAULTS = ["code:135000", "http_500_taken", "code:131056"];
const SHARE = 1 / 8;

// Each run waits for the minute that WhatsApp gets to report an uncertain send, so they run at the same time.
describe.concurrent.each(queueStores())("with the queue on $kind", (store) => {
  test("5: each conversation gets its messages once and in order, while a third of the sends fail at first and workers die", async ({
    onTestFinished,
  }) => {
    const people = Array.from({ length: CONVERSATIONS[store.kind] }, (_, index) => String(15_550_000_000 + index));
    const total = people.length * MESSAGES_EACH;
    const { harness, workers } = await inTurn(async () => {
      const harness = await startSendingHarness(store, { WHATSAPP_MESSAGES_PER_SECOND: "1000" });
      onTestFinished(harness.close);
      return { harness, workers: await Promise.all(Array.from({ length: WORKERS }, () => harness.startWorker())) };
    });
    await openWindows(harness, people);
    const conversations = await conversationsOf(harness);
    await harness.sandbox("/_limits", { enforced: false });
    for (const [seed, fault] of FAULTS.entries())
      await harness.sandbox("/_faults", { match: { api: "whatsapp" }, fault, share: SHARE, first: true, seed });

    const requestMessages = async (sender: number) => {
      for (let turn = 0; turn < MESSAGES_EACH; turn++) {
        for (const person of people.filter((_, index) => index % SENDERS === sender)) {
          const to = { conversationId: conversations.get(person) };
          await harness.send("whatsapp", to, `${person} ${turn}`, `order-${person}-${turn}`);
        }
      }
    };
    const killWorkers = async () => {
      // A message that loses its worker during the request waits a minute for a status. So no worker dies in the last third.
      while ((await harness.sentCount("whatsapp")) < (total * 2) / 3) {
        await wait(KILL_EVERY_MS);
        const victim = workers.shift();
        // A job that loses its worker three times becomes a dead letter. So a worker is killed only while no active job has stalled.
        await until("no active job has stalled before", async () => {
          victim?.suspend();
          if ((await harness.stalledJobCount()) === 0) return true;
          victim?.resume();
          return false;
        });
        await victim?.kill();
        workers.push(await harness.startWorker());
      }
    };
    await Promise.all([killWorkers(), ...Array.from({ length: SENDERS }, (_, sender) => requestMessages(sender))]);
    await until("every send is complete", async () => (await completedCount(harness)) === total, 180_000);

    const sent = await harness.sentMessages("whatsapp");
    expect(await harness.rows.rows("select queue, error from millrace.dead_letters")).toEqual([]);
    expect(sent.filter(({ fault }) => fault === "http_500_taken").length).toBeGreaterThan((total * SHARE) / 2);
    const textsOf = Map.groupBy(sent, ({ to }) => to);
    const received = people.map((person) => textsOf.get(`+${person}`)?.map(({ text }) => text));
    const requested = people.map((person) => Array.from({ length: MESSAGES_EACH }, (_, turn) => `${person} ${turn}`));
    expect(received).toEqual(requested);
  }, 500_000);
});

/** Returns the ids of the conversations by phone number. */
async function conversationsOf({ rows }: SendingHarness): Promise<ReadonlyMap<string, string>> {
  const found = await rows.rows<{ id: string; phone: string }>(
    `select conversations.id, contact_identities.external_id as phone
     from conversations join contact_identities using (contact_id)`,
  );
  return new Map(found.map(({ id, phone }) => [phone, id]));
}

/** Returns the number of outbound messages that are neither queued nor being sent. */
async function completedCount({ rows }: SendingHarness): Promise<number> {
  const [row] = await rows.rows<{ completed: number }>(
    `select count(*)::int as completed from messages
     where direction = 'outbound' and status not in ('queued', 'sending')`,
  );
  return row?.completed ?? 0;
}
