import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { createPauseOperations } from "@millrace/db";
import { queueStores, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const SEND = "/api/integrations/whatsapp/send";
const PHONES = Array.from({ length: 6 }, (_, index) => `1555123000${index}`);
const IMAGE = { data: Buffer.from("an image").toString("base64"), mimeType: "image/png" };
const REQUESTS_EACH = 12;
const ALL = PHONES.length * REQUESTS_EACH;

describe.each(queueStores())("requests to send on $kind", (store) => {
  let harness: Awaited<ReturnType<typeof openConversationHarness>>;
  let locking: Promise<void>;
  let over: AbortController;
  afterEach(async () => {
    over.abort();
    await locking;
    await harness.close();
  });
  const outbound = () => harness.messages("direction = 'outbound'");

  /**
   * Requests messages to a person one after the other, some by the phone number, some with a file, which is stored first,
   * and some again under their Idempotency-Key.
   */
  async function requestAll(phone: string, conversationId: string): Promise<void> {
    for (let index = 0; index < REQUESTS_EACH; index++) {
      const to = index % 3 === 0 ? { phone: `+${phone}` } : { conversationId };
      const text = `${phone}-${index}`;
      const message = index % 5 === 1 ? { type: "image", media: IMAGE, caption: text } : { type: "text", text };
      for (let call = 0; call < (index % 6 === 5 ? 2 : 1); call++) await harness.call(SEND, { to, message }, text);
    }
  }

  /** Locks one conversation after the other, as takeovers do, until the test is over. */
  async function lockInTurn(ids: readonly string[]): Promise<void> {
    for (let turn = 0; !over.signal.aborted; turn++) {
      const [first, second] = [ids[turn % ids.length] ?? "", ids[(turn * 3 + 1) % ids.length] ?? ""];
      await harness.database.sql.begin(async (tx) => {
        await tx`select from conversations where id in (${first}, ${second}) order by id for update`;
        await tx`select pg_sleep(0.005)`;
      });
    }
  }

  test("5: requests get positions in the order of acceptance while conversations are locked and workers change", async () => {
    harness = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false", WHATSAPP_MESSAGES_PER_SECOND: "1000" },
    });
    const first = harness.startWorker();
    for (const phone of PHONES) await harness.receiveWhatsapp(phone, "Hello");
    const people = await until("the windows are open", async () => {
      const rows = await harness.rows.rows<{ id: string; phone: string }>(
        `select conversation.id, identity.external_id as phone from conversations as conversation
         join contact_identities as identity on identity.contact_id = conversation.contact_id
         where identity.external_id like '1555%' order by phone`,
      );
      return rows.length === PHONES.length && rows;
    });

    // The sends wait, because this test is about the requests.
    const [account] = await harness.rows.rows<{ scope: string }>(
      "select distinct channel || ':' || account_id as scope from conversations",
    );
    const pause = { actor: "test", reason: "only requests" };
    await createPauseOperations(harness.database, uuidv7).set(account?.scope ?? "", pause);
    over = new AbortController();
    locking = lockInTurn(people.map(({ id }) => id));
    const rowsReach = (count: number) =>
      until(`${count} requests are rows`, async () => (await outbound()).length >= count, 60_000);
    const replaceWorker = async () => {
      await rowsReach(ALL / 2);
      harness.startWorker();
      await first.stop(100);
    };
    await Promise.all([replaceWorker(), ...people.map(({ id, phone }) => requestAll(phone, id))]);
    await rowsReach(ALL);

    const rows = await outbound();
    for (const { id, phone } of people) {
      const bodies = rows.filter((row) => row.conversation_id === id).map(({ body }) => body);
      expect(bodies).toEqual(Array.from({ length: REQUESTS_EACH }, (_, index) => `${phone}-${index}`));
    }
  }, 120_000);
});
