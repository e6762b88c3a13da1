import { afterEach, describe, expect, test } from "vitest";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const WHATSAPP = "/api/integrations/whatsapp/send";
const TELEGRAM = "/api/integrations/telegram/send";

describe("conversations", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  test("a customer's message gets the AI's answer, and its statuses are recorded", async () => {
    conversations = await openConversationHarness(store, { variables: { N8N_GATHER_MS: "50" } });
    conversations.startWorker();
    await conversations.receiveWhatsapp("15551230001", "Do you open on Sunday?");
    const [answer] = await until("the answer is sent", async () => {
      const sent = await conversations.sent();
      return sent.length > 0 && sent;
    });
    expect(answer).toMatchObject({ channel: "whatsapp", to: "+15551230001", type: "text" });
    expect(answer?.text).toContain("Do you open on Sunday?");
    await until(
      "it is read",
      async () => (await conversations.messages("author = 'ai' and status = 'read'")).length === 1,
    );
  });

  test("a message from a person is sent on each channel", async () => {
    conversations = await openConversationHarness(store);
    conversations.startWorker();
    await conversations.call(TELEGRAM, { to: { chatId: "7001" }, message: { type: "text", text: "Hello" } });
    await conversations.receiveWhatsapp("15551230001", "Hi");
    await until("the customer's message is stored", async () => (await conversations.messages()).length > 0);
    await conversations.call(WHATSAPP, { to: { phone: "+15551230001" }, message: { type: "text", text: "Good day" } });
    const sent = await until("both are sent", async () => {
      const all = (await conversations.sent()).filter(({ text }) => text === "Hello" || text === "Good day");
      return all.length === 2 && all;
    });
    expect(new Set(sent.map(({ channel }) => channel))).toEqual(new Set(["telegram", "whatsapp"]));
  });
});
