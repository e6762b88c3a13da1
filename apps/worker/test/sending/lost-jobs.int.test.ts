import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT_VERSION, uuidv7 } from "@millrace/core";
import { openQueueBackend, queueDefinition } from "@millrace/queue";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import { createPatientProducer } from "../harness/patient-producer.ts";

const SEND = "/api/integrations/whatsapp/send";
const ADA = "15551230001";

describe("5: the lost job of a queued message", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  beforeEach(async () => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
    });
    conversations.startWorker();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("the window is open", async () => (await conversations.messages()).length === 1);
  });
  afterEach(() => conversations.close());

  const texts = async () => (await conversations.sent()).map(({ text }) => text);

  /** Inserts a message without a job, as a worker leaves it that dies between the commit and the enqueueing. */
  async function queueWithoutJob(text: string, age: string) {
    const [row] = await conversations.rows.rows<{ id: string; account_id: string; conversation_id: string }>(
      `with conversation as (update conversations set last_position = last_position + 1 returning *)
       insert into messages (id, tenant_id, conversation_id, contact_id, channel, account_id, direction, author, type,
                             body, payload, status, position, sent_at, created_at)
       select '${uuidv7()}', tenant_id, id, contact_id, channel, account_id, 'outbound', 'person', 'text',
              '${text}', '{"type":"text","text":"${text}"}', 'queued', last_position, now(), now() - interval '${age}'
       from conversation returning id, account_id, conversation_id`,
    );
    if (!row) throw new Error("there is no conversation");
    return row;
  }

  test("is enqueued again when a later message waits for it", async () => {
    await queueWithoutJob("lost", "2 minutes");
    await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text: "behind it" } });
    await until("both are sent", async () => (await texts()).length === 2);
    expect(await texts()).toEqual(["lost", "behind it"]);
  });

  test("is enqueued when the job that should enqueue it becomes a dead letter after its commit", async () => {
    const { id, account_id, conversation_id } = await queueWithoutJob("followed", "1 second");
    const payload = { messageId: id, accountId: account_id, conversationId: conversation_id };
    const followUps = [{ integration: "whatsapp", role: "outbound", id: `send.${id}`, kind: "send", payload }];
    await conversations.rows.rows(
      `insert into millrace.webhook_events (id, integration, event_id, kind, payload_hash, status, result, correlation_id, received_at, follow_ups)
       values ('${uuidv7()}', 'whatsapp', 'request.done', 'request', 'h', 'done', 'written', 'c-1', now(), '${JSON.stringify(followUps)}')`,
    );
    const backend = openQueueBackend(conversations.queueUrl, "consumer", 2);
    const producer = createPatientProducer(backend, queueDefinition("whatsapp", "requests"));
    const about = { integration: "whatsapp", id: "request.done", kind: "request", correlationId: "c-1" };
    const receivedAt = new Date().toISOString();
    await producer.enqueue([{ v: EVENT_VERSION, ...about, receivedAt, payload: "invalid" }]);
    await until("it is sent", async () => (await texts()).length === 1);
    expect(await conversations.rows.rows("select state from millrace.dead_letters")).toEqual([{ state: "resolved" }]);
    await producer.close();
    await backend.close();
  });
});
