import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { queueStores, until } from "../src/index.ts";
import { openWindows } from "./open-windows.ts";
import { type Sending, startSending } from "./sending.ts";

const WORKERS = 3;
const KILL_EVERY_MS = 4_000;

/** Requests at a time. A conversation's next message is asked for once the one before it is accepted. */
const LANES = 40;

/** Conversations; the two kinds of store differ in nothing else, and one load of this size is enough. */
const CONVERSATIONS = { redis: 1_000, postgres: 100 };
const EACH = 3;

/** How a send can fail at first: not taken, taken without telling so, throttled. An eighth of the sends each. */
const FAULTS = ["code:135000", "http_500_taken", "code:131056"];
const SHARE = 1 / 8;

describe.each(queueStores())("with the queue on $kind", (store) => {
  test("5: of a thousand conversations each gets its messages in order and once, a third failing at first and workers dying", async () => {
    const people = Array.from({ length: CONVERSATIONS[store.kind] }, (_, index) => String(15_550_000_000 + index));
    const total = people.length * EACH;
    const sending = await startSending(store, { WHATSAPP_MESSAGES_PER_SECOND: "1000" });
    onTestFinished(sending.close);
    const workers = await Promise.all(Array.from({ length: WORKERS }, () => sending.startWorker()));
    await openWindows(sending, people);
    const conversations = await conversationsOf(sending);
    await sending.sandbox("/_limits", { enforced: false });
    for (const [seed, fault] of FAULTS.entries())
      await sending.sandbox("/_faults", { match: { api: "whatsapp" }, fault, share: SHARE, first: true, seed });

    const ask = async (lane: number) => {
      for (let turn = 0; turn < EACH; turn++) {
        for (const person of people.filter((_, index) => index % LANES === lane)) {
          const to = { conversationId: conversations.get(person) };
          await sending.send("whatsapp", to, `${person} ${turn}`, `order-${person}-${turn}`);
        }
      }
    };
    const kill = async () => {
      // A message whose worker dies at the wrong moment waits a minute for a status: the last third is left to live.
      while ((await sending.takenCount("whatsapp")) < (total * 2) / 3) {
        await wait(KILL_EVERY_MS);
        const victim = workers.shift();
        // A job whose worker dies twice is dead, rightly: none may be in hands that is there for the second time.
        await until("nothing has lost a worker before", async () => {
          victim?.freeze();
          if ((await sending.orphans()) === 0) return true;
          victim?.thaw();
          return false;
        });
        await victim?.kill();
        workers.push(await sending.startWorker());
      }
    };
    await Promise.all([kill(), ...Array.from({ length: LANES }, (_, lane) => ask(lane))]);
    await until("every message is settled", async () => (await settled(sending)) === total, 180_000);

    const taken = await sending.taken("whatsapp");
    expect(await sending.rows.rows("select queue, error from millrace.dead_letters")).toEqual([]);
    expect(taken.filter(({ fault }) => fault === "http_500_taken").length).toBeGreaterThan((total * SHARE) / 2);
    const textsOf = Map.groupBy(taken, ({ to }) => to);
    const received = people.map((person) => textsOf.get(`+${person}`)?.map(({ text }) => text));
    const asked = people.map((person) => Array.from({ length: EACH }, (_, turn) => `${person} ${turn}`));
    expect(received).toEqual(asked);
  }, 500_000);
});

/** The conversations' ids by the phone numbers of their people. */
async function conversationsOf({ rows }: Sending): Promise<ReadonlyMap<string, string>> {
  const found = await rows.rows<{ id: string; phone: string }>(
    `select conversations.id, contact_identities.external_id as phone
     from conversations join contact_identities using (contact_id)`,
  );
  return new Map(found.map(({ id, phone }) => [phone, id]));
}

/** How many messages of ours need nothing done any more. */
async function settled({ rows }: Sending): Promise<number> {
  const [row] = await rows.rows<{ settled: number }>(
    `select count(*)::int as settled from messages
     where direction = 'outbound' and status not in ('queued', 'sending')`,
  );
  return row?.settled ?? 0;
}
