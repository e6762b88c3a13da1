import { afterEach, describe, expect, test } from "vitest";
import { type Environment, hmacSha256Hex, standardWebhookHeaders } from "@millrace/core";
import { defaultQueueStore, until } from "@millrace/testing";
import { openConversationHarness } from "../harness/conversation-harness.ts";

const SEND = "/api/integrations/whatsapp/send";
const TAKEOVER = "/api/integrations/n8n/human-takeover";
const ADA = "15551230001";

describe("takeover", () => {
  const store = defaultQueueStore();
  let conversations: Awaited<ReturnType<typeof openConversationHarness>>;
  afterEach(() => conversations.close());

  const open = async (variables: Record<string, string> = {}) => {
    conversations = await openConversationHarness(store, { variables: { N8N_GATHER_MS: "20", ...variables } });
    conversations.startWorker();
  };
  const conversationId = () =>
    until("the conversation exists", async () => {
      const [row] = await conversations.rows.rows<{ id: string }>("select id from conversations");
      return row?.id;
    });
  const mode = async () => {
    const [row] = await conversations.rows.rows<{ mode: string; epoch: number }>(
      "select mode, epoch from conversations",
    );
    return row;
  };
  const asked = (count: number) =>
    until(`${count} questions are sent to the AI`, async () => {
      const questions = await conversations.questions();
      return questions.length >= count && questions;
    });
  const takeOver = async (to: "human" | "ai") => {
    const id = await conversationId();
    const request = { conversationId: id, mode: to, actor: "Bea", reason: "she asked for it" };
    const { eventId } = await conversations.call(TAKEOVER, request);
    const [event] = await until(`the request for ${to} is done`, async () => {
      const found = await conversations.rows.rows(
        `select status, result, detail, error from millrace.webhook_events where event_id = '${String(eventId)}'`,
      );
      return found.length > 0 && found;
    });
    expect(event).toMatchObject({ status: "done", result: "written", detail: to });
  };

  test("7: an answer that arrives after a takeover is stored and not sent", async () => {
    await open();
    await conversations.injectFault({ match: { api: "n8n" }, fault: "slow" });
    await conversations.receiveWhatsapp(ADA, "Is the mill open?");
    await asked(1);
    await takeOver("human");
    await conversations.releaseAnswers();
    const [answer] = await until("the answer is stored", async () => {
      const rows = await conversations.messages("author = 'ai'");
      return rows.length > 0 && rows;
    });
    expect(answer).toMatchObject({ status: "suppressed", error: "a person took over", external_id: null });
    await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text: "Bea here" } });
    await until("Bea's message is sent", async () => (await conversations.sent()).length > 0);
    expect((await conversations.sent()).map(({ text }) => text)).toEqual(["Bea here"]);
  });

  test("7: an answer that is queued at the time of a takeover is not sent", async () => {
    await open();
    // The first text is rate limited, so that the answers wait behind it.
    await conversations.injectFault({ match: { api: "whatsapp", type: "text" }, fault: "code:131056", times: 1 });
    await conversations.injectFault({ match: { api: "n8n" }, fault: "answer_several" });
    await conversations.receiveWhatsapp(ADA, "Is the mill open?");
    await until("the answers are queued", async () => (await conversations.messages("author = 'ai'")).length === 3);
    await takeOver("human");
    const rows = await until("every answer is terminal", async () => {
      const all = await conversations.messages("author = 'ai'");
      return all.every(({ status }) => status !== "queued" && status !== "sending") && all;
    });
    const sent = (await conversations.sent()).map(({ messageId }) => messageId);
    expect(rows.filter(({ status }) => status === "suppressed").map(({ id }) => id)).not.toEqual([]);
    for (const { id, status } of rows) expect(sent.includes(id)).toBe(status !== "suppressed");
  });

  test.each(["standard-webhooks", "hmac"])(
    "10: a captured takeover and hand-back, signed by %s, have no effect when they are sent again with other headers",
    async (method) => {
      await open();
      await conversations.receiveWhatsapp(ADA, "Hello");
      const id = await conversationId();
      const requests = (["human", "ai"] as const).map((to) => signedChange(method, conversations.environment, id, to));
      for (const [index, request] of requests.entries()) {
        await conversations.deliver(request);
        await until("the change is done", async () => (await mode())?.epoch === index + 1);
      }
      for (const { headers, ...request } of requests)
        await conversations.deliver({ ...request, headers: { ...headers, "idempotency-key": "another" } });
      // A later change shows that the requests before it are handled.
      await takeOver("human");
      expect(await mode()).toEqual({ mode: "human", epoch: 3 });
      for (const { headers, ...request } of requests)
        await conversations.deliver({ ...request, headers: { ...headers, "idempotency-key": "a third" } });
      await until("no job is unfinished", async () => (await conversations.jobCounts()).unfinished === 0);
      expect(await mode()).toEqual({ mode: "human", epoch: 3 });
    },
  );

  test("3: an answer that is being sent when the takeover lock is lost is recorded and not sent again", async () => {
    let cut = 0;
    conversations = await openConversationHarness(store, {
      variables: { N8N_GATHER_MS: "20" },
      beforeRequest: async (request) => {
        if (!request.url.endsWith("/sendMessage")) return;
        const ended = await conversations.rows.rows(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and application_name = 'test-takeover-lock'`,
        );
        cut += ended.length;
      },
    });
    conversations.startWorker();
    await conversations.receiveTelegram(7, "Is the mill open?");
    await until("the answer is recorded", async () => (await conversations.messages("status = 'sent'")).length === 1);
    await until("no job is unfinished", async () => (await conversations.jobCounts()).unfinished === 0);
    expect(cut).toBeGreaterThan(0);
    expect(await conversations.sent()).toHaveLength(1);
  });

  test("every takeover and hand-back is in the audit log with actor and reason, and raises the epoch", async () => {
    await open();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await takeOver("human");
    await takeOver("ai");
    expect(await mode()).toEqual({ mode: "ai", epoch: 2 });
    expect(
      await conversations.rows.rows(
        "select actor, action, subject, reason, before, after from millrace.audit_log order by id",
      ),
    ).toEqual([
      {
        actor: "Bea",
        action: "conversation.taken_over",
        subject: await conversationId(),
        reason: "she asked for it",
        before: { mode: "ai", epoch: 0 },
        after: { mode: "human", epoch: 1 },
      },
      expect.objectContaining({ action: "conversation.handed_back", after: { mode: "ai", epoch: 2 } }),
    ]);
  });

  test("a hand-back asks the AI about the messages since the takeover", async () => {
    await open();
    await conversations.receiveWhatsapp(ADA, "Hello");
    await until("it is answered", async () => (await conversations.sent()).length === 1);
    await takeOver("human");
    await conversations.receiveWhatsapp(ADA, "Are you a person?");
    await until(
      "her message is stored",
      async () => (await conversations.messages("direction = 'inbound'")).length === 2,
    );
    await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text: "I am Bea" } });
    await until("Bea's message is sent", async () => (await conversations.sent()).length === 2);
    expect(await conversations.questions()).toHaveLength(1);
    await takeOver("ai");
    const [, question] = await asked(2);
    expect(question).toMatchObject({ reason: "hand_back", epoch: 2 });
    expect(question?.messages.map(({ text }) => text)).toEqual(["Are you a person?"]);
    expect(question?.history.map(({ text }) => text)).toContain("I am Bea");
  });

  test("with SEND_TAKES_OVER, a message from a person takes over the conversation", async () => {
    await open({ SEND_TAKES_OVER: "true" });
    await conversations.receiveWhatsapp(ADA, "Hello");
    await conversationId();
    await conversations.call(SEND, { to: { phone: `+${ADA}` }, message: { type: "text", text: "Bea here" } });
    await until("it is taken over", async () => (await mode())?.mode === "human");
    await conversations.receiveWhatsapp(ADA, "Thank you");
    await until(
      "her message is stored",
      async () => (await conversations.messages("direction = 'inbound'")).length === 2,
    );
    const turns = await conversations.rows.rows<{ state: string }>("select state from millrace.ai_turns");
    expect(turns.map(({ state }) => state)).not.toContain("debouncing");
  });
});

/** A takeover or hand-back as n8n sends it, signed now. */
function signedChange(method: string, environment: Environment, conversationId: string, mode: "human" | "ai") {
  const secret = environment["N8N_WEBHOOK_SECRET"] ?? "";
  const body = JSON.stringify({ conversationId, mode });
  const at = new Date();
  const seconds = String(Math.floor(at.getTime() / 1000));
  const signature = hmacSha256Hex(secret, Buffer.from(`${seconds}.${body}`));
  const headers =
    method === "hmac"
      ? { "x-timestamp": seconds, "x-signature": `sha256=${signature}`, "idempotency-key": "run-1" }
      : { ...standardWebhookHeaders({ id: `run-${mode}`, at, body }, secret), "idempotency-key": "run-1" };
  return { path: TAKEOVER, headers: { "content-type": "application/json", ...headers }, body };
}
