import { afterEach, describe, expect, test } from "vitest";
import { EVENT_VERSION } from "@millrace/core";
import { queueDefinition } from "@millrace/queue";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";
import { createPatientProducer } from "../harness/patient-producer.ts";

const SEND = "/api/integrations/whatsapp/send";
const ADA = "15551230001";
const texts = Array.from({ length: 10 }, (_, index) => `b${index}`);

describe("5: when the queue loses its data", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  /** Opens a conversation in its 24-hour window, without an AI, and three workers. */
  const open = async (beforeRequest?: (request: Request) => Promise<void>) => {
    conversations = await openConversationHarness(store, {
      variables: { N8N_DISPATCH_URL: "", N8N_WEBHOOK_ENABLED: "false" },
      ...(beforeRequest ? { beforeRequest } : {}),
    });
    await conversations.receiveWhatsapp(ADA, "Hello");
    for (let worker = 0; worker < 3; worker += 1) conversations.startWorker();
    await until("the window is open", async () => (await conversations.messages()).length === 1);
  };
  const send = (text: string) =>
    conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text } }, text);
  const queued = () =>
    until("every request has its message", async () => {
      const rows = await conversations.messages("direction = 'outbound'");
      return rows.length === texts.length && rows;
    });

  test("the requests after that get their positions in the order accepted, and are sent in that order", async () => {
    await open();
    await store.loseData(conversations.queueUrl);
    for (const text of texts) await send(text);
    expect((await queued()).map(({ body }) => body)).toEqual(texts);
    await until("all are sent", async () => (await conversations.sent()).length === texts.length);
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(texts);
  });

  test("messages keep their order, in whatever order their jobs are enqueued again", async () => {
    let release: (() => void) | undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let isSending = false;
    await open(async (request) => {
      if (!request.url.endsWith("/messages")) return;
      isSending = true;
      await released;
    });
    for (const text of texts) await send(text);
    const rows = await queued();
    await until("the first message is being sent", () => isSending);
    await store.loseData(conversations.queueUrl);
    const producer = createPatientProducer(conversations.backend, queueDefinition("whatsapp", "outbound"));
    const [{ account_id: accountId } = { account_id: "" }] = await conversations.rows.rows<{ account_id: string }>(
      "select account_id from conversations",
    );
    for (const { id, conversation_id: conversationId } of rows.toReversed().slice(0, -1)) {
      const payload = { messageId: id, accountId, conversationId };
      const about = { integration: "whatsapp", id: `send.${id}`, kind: "send", correlationId: "c-1", payload };
      const event = { v: EVENT_VERSION, ...about, receivedAt: new Date().toISOString() } as const;
      await producer.enqueue([event]);
    }
    release?.();
    await until("all are sent", async () => (await conversations.sent()).length >= texts.length);
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(texts);
    await producer.close();
  });
});
