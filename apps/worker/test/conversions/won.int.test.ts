import { afterEach, describe, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { assignAccounts, createEventStatuses } from "@millrace/db";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import { onTelegram, onWhatsapp } from "../erasure/person.ts";

const ADA = { phone: "15551230001", telegram: 7_001, name: "Ada Sample", email: "ada@example.com", word: "blue" };
const SALE = { value: "149.90", currency: "EUR", consent: { adUserData: "granted" } };
const CLICK = "EAIaIQobChMI-8_x7fW";

type Upload = { lead_id: string | null; conversation_id: string | null; status: string; click: string; sold: string };

describe("won conversations and leads", () => {
  const store = defaultQueueStore();
  let harness: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => harness.close());

  async function open(): Promise<void> {
    harness = await openConversationHarness(store, {
      variables: { GOOGLE_STATUS_AFTER_MS: "300", N8N_DISPATCH_URL: "" },
    });
    const owned = ["google", "meta"].map((provider) => ({ provider, externalId: "*", tenantName: "Mill" }));
    await assignAccounts(harness.database.orm, owned, uuidv7);
    harness.startWorker({ batchWindowMs: 100, batchStepMs: 50 });
  }
  const idOf = (table: string, where = "true") =>
    until(`a row of ${table}`, async () => {
      const [row] = await harness.rows.rows<{ id: string }>(`select id from ${table} where ${where}`);
      return row?.id;
    });
  const uploads = () =>
    harness.rows.rows<Upload>(
      `select lead_id, conversation_id, status, payload #>> '{click,id}' as click, value::float || ' ' || currency as sold
       from conversion_uploads order by id`,
    );
  const processed = async (count: number) => {
    await until("all are sent", async () => {
      const found = await uploads();
      return found.length === count && found.every(({ status }) => status === "sent");
    });
    await fetch(`${harness.sandboxUrl}/_datamanager/process`, { method: "POST" });
    return until("all are processed", async () => {
      const found = await uploads();
      return found.every(({ status }) => status === "processed") && found;
    });
  };

  test("a won conversation that began with a click becomes one conversion that Google processes", async () => {
    await open();
    const text = { body: `Is the blue one still there? (gclid: ${CLICK})` };
    await harness.enqueue("whatsapp", "inbound", onWhatsapp(harness, ADA, { type: "text", text }));
    const whatsapp = await idOf("conversations", "channel = 'whatsapp'");
    await harness.enqueue("telegram", "inbound", [onTelegram(ADA, { text: `/start wbraid_${CLICK}` })]);
    const telegram = await idOf("conversations", "channel = 'telegram'");
    const { id } = await harness.call(`/api/conversations/${whatsapp}/won`, SALE);
    await harness.call(`/api/conversations/${telegram}/won`, SALE);
    await harness.call(`/api/conversations/${whatsapp}/won`, { ...SALE, value: "7" });
    const won = { lead_id: null, status: "processed", click: CLICK, sold: "149.9 EUR" };
    const both = await processed(2);
    expect(both).toEqual(expect.arrayContaining([whatsapp, telegram].map((id) => ({ ...won, conversation_id: id }))));
    const traced = await createEventStatuses(harness.database).conversion(String(id));
    expect(traced).toMatchObject({ status: "processed", transactionId: `conversation-${whatsapp}` });
    const taken = await (await fetch(`${harness.sandboxUrl}/_conversions`)).json();
    expect(taken).toHaveLength(2);
  });

  test("a won lead with a click becomes a conversion, and one without a click becomes a dead letter", async () => {
    await open();
    const notice = (leadgen_id: string) => ({
      id: `lead.${leadgen_id}`,
      kind: "lead",
      payload: { leadgen_id, page_id: "300000000000001" },
    });
    await harness.enqueue("meta", "inbound", [notice("7101"), notice("7102")]);
    const lead = await idOf("leads", "external_id = '7101'");
    const bare = await idOf("leads", "external_id = '7102'");
    await harness.rows.rows(`update leads set click_kind = null, click_id = null where id = '${bare}'`);
    await harness.call(`/api/leads/${bare}/won`, SALE);
    await harness.call(`/api/leads/${lead}/won`, SALE);
    expect(await processed(1)).toEqual([
      { lead_id: lead, conversation_id: null, status: "processed", click: "sandbox-click-7101", sold: "149.9 EUR" },
    ]);
    const dead = () => harness.rows.rows("select integration, kind, error from millrace.dead_letters");
    expect(await until("the other is dead", async () => (await dead()).length > 0 && dead())).toEqual([
      { integration: "google", kind: "sale", error: "the lead has no click id" },
    ]);
  });
});
