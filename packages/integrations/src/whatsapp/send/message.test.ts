import { type OutgoingMessage, ProviderError, unavailable } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { fakeGraph, NOW, errorResponse, ACCEPTED } from "../test/fake-graph.ts";
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
  const graph = fakeGraph([ACCEPTED]);
  await outbound.send({ ...message, ...changes }, graph.context);
  return graph.lastBody();
}

test("a text is sent by its number, with the number's token and the id of our row", async () => {
  const graph = fakeGraph([ACCEPTED]);
  expect(await outbound.send(message, graph.context)).toEqual({ externalId: "wamid.ACCEPTED" });
  expect(graph.requests).toMatchObject([
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

test("new identities of the recipient are returned with the addressed one", async () => {
  const recipients = [{ externalId: "5511987654321", stable: false }];
  const sentTo = async (contact: Record<string, unknown>, changes: Partial<OutgoingMessage> = {}) => {
    const graph = fakeGraph([{ json: { ...ACCEPTED.json, contacts: [contact] } }]);
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

test("a number uses its own token, and a number without any pauses", async () => {
  const graph = fakeGraph([ACCEPTED]);
  await outbound.send({ ...message, accountId: "222" }, graph.context);
  expect(graph.requests[0]?.headers).toMatchObject({ authorization: "Bearer token-222" });
  const none = whatsappOutbound({ ...config, tokens: new Map() }).send(message, fakeGraph([]).context);
  await expect(none).rejects.toMatchObject({ next: { kind: "paused", scope: "whatsapp:111" }, code: "no_token" });
});

describe("the recipient is", () => {
  const to = (externalIds: string[], changes: Partial<OutgoingMessage> = {}) =>
    bodyOf({ recipients: externalIds.map((externalId) => ({ externalId, stable: false })), ...changes });

  test("the latest phone number, with a plus sign", async () => {
    expect(await to(["DE.1", "49152", "49151"])).toMatchObject({ recipient_type: "individual", to: "+49152" });
  });

  test("the user id without a phone number, before a parent user id", async () => {
    const body = await to(["DE.ENT.1", "DE.2"]);
    expect(body).toMatchObject({ recipient_type: "individual", recipient: "DE.2" });
    expect(body).not.toHaveProperty("to");
  });

  test("the parent user id as the last choice", async () => {
    expect(await to(["DE.ENT.1"])).toMatchObject({ recipient: "DE.ENT.1" });
  });

  test("a group", async () => {
    const group = await to(["49151"], { kind: "group", threadId: "Y2FwaV9" });
    expect(group).toMatchObject({ recipient_type: "group", to: "Y2FwaV9" });
  });

  test("required, or the message fails", async () => {
    await expect(to([])).rejects.toMatchObject({ next: { kind: "permanent" }, code: "no_identity" });
  });
});

describe("the 24-hour window", () => {
  const HOURS_24 = 24 * 3_600_000;
  const lastAt = (ms: number) => ({ lastUserMessageAt: new Date(NOW.getTime() - ms) });
  const template = { type: "template", name: "hello", language: "en" };

  test("allows any message until its last millisecond", async () => {
    expect(await bodyOf(lastAt(HOURS_24 - 1))).toMatchObject({ type: "text" });
  });

  test.each([
    ["after 24 hours", lastAt(HOURS_24)],
    ["before the person has written", { lastUserMessageAt: undefined }],
  ])("allows only a template %s, and the reason names the template", async (_name, changes) => {
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

test("a reply has a context, except for a reaction", async () => {
  expect(await bodyOf({ replyTo: "wamid.0" })).toMatchObject({ context: { message_id: "wamid.0" } });
  const content = { type: "reaction", messageId: "wamid.0", emoji: "👍" };
  expect(await bodyOf({ content, replyTo: "wamid.0" })).not.toHaveProperty("context");
});

test.each(["accepted", "held_for_quality_assessment", "paused"])(
  "a template with the status %s is sent",
  async (status) => {
    const graph = fakeGraph([{ json: { messages: [{ id: "wamid.1", message_status: status }] } }]);
    expect(await outbound.send(message, graph.context)).toEqual({ externalId: "wamid.1" });
  },
);

describe("an error", () => {
  const errorOf = async (...answers: Parameters<typeof fakeGraph>[0]) => {
    const failed = await outbound
      .send({ ...message, rateLimitHits: 2 }, fakeGraph(answers).context)
      .catch((error) => error);
    if (!(failed instanceof ProviderError)) throw new Error("no ProviderError");
    return failed;
  };

  test("about too many messages to one person rate limits the conversation, longer each time", async () => {
    const until = new Date(NOW.getTime() + 16_000);
    expect((await errorOf(errorResponse(131056))).next).toEqual({
      kind: "rate_limited",
      scope: "whatsapp:111:c-1",
      until,
    });
  });

  test("about an expired token pauses the number", async () => {
    expect((await errorOf(errorResponse(190, 401))).next).toEqual({ kind: "paused", scope: "whatsapp:111" });
  });

  const lostCall = (code: string, uncertain: boolean) =>
    unavailable(`network failure: ${code}`, undefined, { code, uncertain });

  test.each([
    ["no response", { fails: lostCall("ECONNRESET", true) }, { kind: "unavailable" }, true],
    ["no connection", { fails: lostCall("ECONNREFUSED", false) }, { kind: "unavailable" }, false],
    ["HTTP 502", { status: 502 }, { kind: "unavailable", scope: "whatsapp:111" }, true],
    ["an incomplete response", { status: 200 }, { kind: "retryable" }, true],
    ["a response without an id", { json: { messages: [{}] } }, { kind: "retryable" }, true],
  ])("such as %s is uncertain if the message may have arrived", async (_name, answer, next, uncertain) => {
    const error = await errorOf(answer);
    expect([error.next, error.uncertain]).toEqual([next, uncertain]);
  });

  test("in the content is permanent", async () => {
    const sent = outbound.send({ ...message, content: { type: "text", text: 7 } }, fakeGraph([]).context);
    await expect(sent).rejects.toMatchObject({ next: { kind: "permanent" }, code: "payload" });
  });
});

describe("actions", () => {
  const { content: _, replyTo: __, rateLimitHits: ___, ...conversation } = message;

  test.each([
    [{}, {}],
    [{ typing: true }, { typing_indicator: { type: "text" } }],
  ])("mark a message as read with %j", async (typing, indicator) => {
    const graph = fakeGraph([{ json: { success: true } }]);
    await outbound.act({ ...conversation, action: { type: "read", messageId: "wamid.1", ...typing } }, graph.context);
    expect(graph.requests[0]?.url).toBe(`${baseUrl}/111/messages`);
    expect(graph.lastBody()).toEqual({
      messaging_product: "whatsapp",
      status: "read",
      message_id: "wamid.1",
      ...indicator,
    });
  });

  test("have the same errors as a message", async () => {
    const acted = outbound.act(
      { ...conversation, action: { type: "read", messageId: "a" } },
      fakeGraph([errorResponse(131009)]).context,
    );
    await expect(acted).rejects.toMatchObject({ next: { kind: "permanent" }, code: "131009" });
  });
});

test("a message waits for its number and its conversation, and is reconciled for 60 s", () => {
  expect(outbound.scopes({ accountId: "111", conversationId: "c-1" })).toEqual(["whatsapp:111", "whatsapp:111:c-1"]);
  expect(outbound.reconcileMs).toBe(60_000);
});
