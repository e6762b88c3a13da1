import { type OutgoingMessage, ProviderError, retryable } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { fakeGraph, NOW, refusal, TAKEN } from "../test/fake-graph.ts";
import { outgoing as message } from "../test/outgoing.ts";
import { whatsappOutbound } from "./outbound.ts";

const baseUrl = "https://graph.example/v26.0";
const config = {
  tokens: new Map([
    ["*", "token-any"],
    ["222", "token-222"],
  ]),
  baseUrl,
  messagesPerSecond: 80,
};
const outbound = whatsappOutbound(config);

async function bodyOf(changes: Partial<OutgoingMessage>): Promise<unknown> {
  const graph = fakeGraph([TAKEN]);
  await outbound.send({ ...message, ...changes }, graph.context);
  return graph.lastBody();
}

test("a text goes to its number's messages, with the token and our own id", async () => {
  const graph = fakeGraph([TAKEN]);
  expect(await outbound.send(message, graph.context)).toEqual({ externalId: "wamid.TAKEN" });
  expect(graph.asked).toMatchObject([
    {
      method: "POST",
      url: `${baseUrl}/111/messages`,
      headers: { authorization: "Bearer token-any", "content-type": "application/json" },
    },
  ]);
  expect(graph.lastBody()).toEqual({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to: "+4915100000001",
    biz_opaque_callback_data: message.id,
    type: "text",
    text: { body: "Hello" },
  });
});

test("names of the recipient that were not known are told, together with the one that was written to", async () => {
  const recipients = [{ externalId: "5511987654321", stable: false }];
  const sentTo = async (contact: Record<string, unknown>, changes: Partial<OutgoingMessage> = {}) => {
    const graph = fakeGraph([{ json: { ...TAKEN.json, contacts: [contact] } }]);
    return (await outbound.send({ ...message, recipients, ...changes }, graph.context)).recipient;
  };
  expect(await sentTo({ input: "+5511987654321", wa_id: "551187654321", user_id: "BR.7" })).toEqual([
    { channel: "whatsapp", externalId: "BR.7", stable: true },
    { channel: "whatsapp", externalId: "551187654321", stable: false },
    { channel: "whatsapp", externalId: "5511987654321", stable: false },
  ]);
  expect(await sentTo({ input: "+5511987654321", wa_id: "5511987654321" })).toBeUndefined();
  expect(await sentTo({ input: "g", wa_id: "g" }, { kind: "group" })).toBeUndefined();
});

test("a number with a token of its own uses it, one without any waits for a person", async () => {
  const graph = fakeGraph([TAKEN]);
  await outbound.send({ ...message, accountId: "222" }, graph.context);
  expect(graph.asked[0]?.headers).toMatchObject({ authorization: "Bearer token-222" });
  const none = whatsappOutbound({ ...config, tokens: new Map() }).send(message, fakeGraph([]).context);
  await expect(none).rejects.toMatchObject({ next: { kind: "paused", scope: "whatsapp:111" }, code: "no_token" });
});

describe("whom it goes to", () => {
  const to = (externalIds: string[], changes: Partial<OutgoingMessage> = {}) =>
    bodyOf({ recipients: externalIds.map((externalId) => ({ externalId, stable: false })), ...changes });

  test("the latest number, with its plus sign", async () => {
    expect(await to(["DE.1", "49152", "49151"])).toMatchObject({ recipient_type: "individual", to: "+49152" });
  });

  test("the user id where there is no number, the own one before a parent's", async () => {
    const body = await to(["DE.ENT.1", "DE.2"]);
    expect(body).toMatchObject({ recipient_type: "individual", recipient: "DE.2" });
    expect(body).not.toHaveProperty("to");
  });

  test("a parent's user id rather than nobody", async () => {
    expect(await to(["DE.ENT.1"])).toMatchObject({ recipient: "DE.ENT.1" });
  });

  test("a group", async () => {
    const group = await to(["49151"], { kind: "group", threadId: "Y2FwaV9" });
    expect(group).toMatchObject({ recipient_type: "group", to: "Y2FwaV9" });
  });

  test("nobody", async () => {
    await expect(to([])).rejects.toMatchObject({ next: { kind: "permanent" }, code: "nobody" });
  });
});

describe("the 24 hours after the other side's last message", () => {
  const HOURS_24 = 24 * 3_600_000;
  const lastAt = (ms: number) => ({ lastUserMessageAt: new Date(NOW.getTime() - ms) });
  const template = { type: "template", name: "hello", language: "en" };

  test("to the last millisecond anything is sent", async () => {
    expect(await bodyOf(lastAt(HOURS_24 - 1))).toMatchObject({ type: "text" });
  });

  test.each([
    ["at 24 hours", lastAt(HOURS_24)],
    ["who never wrote", { lastUserMessageAt: undefined }],
  ])("%s only a template is, and the reason says so", async (_name, changes) => {
    const refused = outbound.send({ ...message, ...changes }, fakeGraph([]).context);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining("send a template"),
      next: { kind: "permanent" },
      code: "131047",
      uncertain: false,
    });
    expect(await bodyOf({ ...changes, content: template })).toMatchObject({ type: "template" });
  });
});

test("what it answers is its context, except for a reaction", async () => {
  expect(await bodyOf({ replyTo: "wamid.0" })).toMatchObject({ context: { message_id: "wamid.0" } });
  const content = { type: "reaction", messageId: "wamid.0", emoji: "👍" };
  expect(await bodyOf({ content, replyTo: "wamid.0" })).not.toHaveProperty("context");
});

test.each(["accepted", "held_for_quality_assessment", "paused"])("a template that is %s is sent", async (status) => {
  const graph = fakeGraph([{ json: { messages: [{ id: "wamid.1", message_status: status }] } }]);
  expect(await outbound.send(message, graph.context)).toEqual({ externalId: "wamid.1" });
});

describe("what went wrong", () => {
  const errorOf = async (...answers: Parameters<typeof fakeGraph>[0]) => {
    const failed = await outbound
      .send({ ...message, rateLimitHits: 2 }, fakeGraph(answers).context)
      .catch((error) => error);
    if (!(failed instanceof ProviderError)) throw new Error("it did not fail as adapters do");
    return failed;
  };

  test("too many to one person: the conversation waits, longer each time", async () => {
    const until = new Date(NOW.getTime() + 16_000);
    expect((await errorOf(refusal(131056))).next).toEqual({ kind: "rate_limited", scope: "whatsapp:111:c-1", until });
  });

  test("an expired token: the number waits for a person", async () => {
    expect((await errorOf(refusal(190, 401))).next).toEqual({ kind: "paused", scope: "whatsapp:111" });
  });

  test.each([
    ["no answer", { fails: retryable("network failure: ECONNRESET", { code: "ECONNRESET", uncertain: true }) }, true],
    ["no connection", { fails: retryable("network failure: ECONNREFUSED", { code: "ECONNREFUSED" }) }, false],
    ["HTTP 502", { status: 502 }, true],
    ["an answer cut short", { status: 200 }, true],
    ["an answer without an id", { json: { messages: [{}] } }, true],
  ])("%s: tried again, and whether it may have arrived is told", async (_name, answer, uncertain) => {
    expect(await errorOf(answer)).toMatchObject({ next: { kind: "retryable" }, uncertain });
  });

  test("content that nobody can send ends", async () => {
    const sent = outbound.send({ ...message, content: { type: "text", text: 7 } }, fakeGraph([]).context);
    await expect(sent).rejects.toMatchObject({ next: { kind: "permanent" }, code: "payload" });
  });
});

describe("actions", () => {
  const { content: _, replyTo: __, rateLimitHits: ___, ...place } = message;

  test.each([
    [{}, {}],
    [{ typing: true }, { typing_indicator: { type: "text" } }],
  ])("a message is marked as read %j", async (typing, indicator) => {
    const graph = fakeGraph([{ json: { success: true } }]);
    await outbound.act({ ...place, action: { type: "read", messageId: "wamid.1", ...typing } }, graph.context);
    expect(graph.asked[0]?.url).toBe(`${baseUrl}/111/messages`);
    expect(graph.lastBody()).toEqual({
      messaging_product: "whatsapp",
      status: "read",
      message_id: "wamid.1",
      ...indicator,
    });
  });

  test("its errors are those of a message", async () => {
    const acted = outbound.act(
      { ...place, action: { type: "read", messageId: "a" } },
      fakeGraph([refusal(131009)]).context,
    );
    await expect(acted).rejects.toMatchObject({ next: { kind: "permanent" }, code: "131009" });
  });
});

test("a message waits with its number and its conversation, and 60 s for a status to tell of it", () => {
  expect(outbound.scopes({ accountId: "111", conversationId: "c-1" })).toEqual(["whatsapp:111", "whatsapp:111:c-1"]);
  expect(outbound.reconcileMs).toBe(60_000);
});
