import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../../app.ts";
import type { SentMessage } from "../../logs/sent-log.ts";
import { abortableRequest } from "../../../test/abortable-request.ts";

let ms = Date.UTC(2026, 10, 20, 10);
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

const TEXT = { messaging_product: "whatsapp", to: "+4915100000001", type: "text", text: { body: "Good morning" } };

async function send(body: object, token = "sandbox", number = "100000000000001") {
  const response = await app.request(`/graph/v26.0/${number}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

async function sendJson(body: object, token?: string) {
  const { status, text } = await send(body, token);
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}

const of = (type: string, content: unknown) => ({ messaging_product: "whatsapp", to: "+491", type, [type]: content });
const addFault = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
const sent = async () => (await (await app.request("/_sent")).json()) as SentMessage[];

test("the response to a message has its id, and `/_sent` lists the message", async () => {
  const { status, body } = await sendJson({ ...TEXT, biz_opaque_callback_data: "ours-1" });
  expect(status).toBe(200);
  expect(body).toEqual({
    messaging_product: "whatsapp",
    contacts: [{ input: "+4915100000001", wa_id: "4915100000001" }],
    messages: [{ id: expect.stringMatching(/^wamid\.\S+$/) }],
  });
  const [{ id }] = body["messages"] as [{ id: string }];
  expect(await sent()).toEqual([
    {
      channel: "whatsapp",
      account: "100000000000001",
      to: "+4915100000001",
      messageId: "ours-1",
      externalId: id,
      type: "text",
      text: "Good morning",
      at: "2026-11-20T10:00:00.000Z",
      content: { ...TEXT, biz_opaque_callback_data: "ours-1" },
      misdelivered: false,
    },
  ]);
});

test("message ids are unique, also after a restart", async () => {
  const ids = [await send(TEXT), await send(TEXT)].map(({ text }) => text);
  ms += 1;
  app = createSandboxApp({ now: () => new Date(ms) });
  expect(new Set([...ids, (await send(TEXT)).text]).size).toBe(3);
});

test("a user id is a valid recipient, and a phone number has priority over it", async () => {
  const { to: _, ...rest } = TEXT;
  const both = { recipient: "DE.90000000000000001", ...TEXT };
  expect((await sendJson({ ...rest, recipient: "DE.90000000000000001" })).body["contacts"]).toEqual([
    { input: "DE.90000000000000001", user_id: "DE.90000000000000001" },
  ]);
  expect((await sendJson(both)).body["contacts"]).toEqual([{ input: "+4915100000001", wa_id: "4915100000001" }]);
});

test("the wa_id of a Brazilian mobile number has no ninth digit", async () => {
  const { body } = await sendJson({ ...TEXT, to: "+5511987654321" });
  expect(body["contacts"]).toEqual([{ input: "+5511987654321", wa_id: "551187654321" }]);
});

test("a number without a plus sign is misdelivered without an error", async () => {
  const { status, body } = await sendJson({ ...TEXT, to: "15550100001" });
  expect(status).toBe(200);
  expect(body["contacts"]).toEqual([{ input: "15550100001", wa_id: "4915550100001" }]);
  expect(await sent()).toMatchObject([{ to: "15550100001", misdelivered: true }]);
});

test.each([
  ["a reply", { ...TEXT, context: { message_id: "wamid.A" } }],
  ["the longest text", of("text", { body: "x".repeat(4096) })],
  ["an image by link", of("image", { link: "https://files.example/a.png", caption: "c".repeat(1024) })],
  ["a document by id", of("document", { id: "sandbox-media-document", filename: "a.pdf" })],
  ["a reaction", of("reaction", { message_id: "wamid.A", emoji: "👍" })],
  ["a removed reaction", of("reaction", { message_id: "wamid.A", emoji: "" })],
  ["a location", of("location", { latitude: 52.5, longitude: "13.4", name: "Here" })],
  ["a contact", of("contacts", [{ name: { formatted_name: "Ada", first_name: "Ada" } }])],
  ["a template", of("template", { name: "hello", language: { code: "en" }, components: [] })],
  [
    "buttons",
    of("interactive", {
      type: "button",
      body: { text: "b".repeat(1024) },
      action: { buttons: ["1", "2", "3"].map((id) => ({ type: "reply", reply: { id, title: "t".repeat(20) } })) },
    }),
  ],
  [
    "a list",
    of("interactive", {
      type: "list",
      body: { text: "b".repeat(4096) },
      footer: { text: "f".repeat(60) },
      action: {
        button: "Choose",
        sections: [{ rows: Array.from({ length: 10 }, (_, id) => ({ id: String(id), title: "t".repeat(24) })) }],
      },
    }),
  ],
])("%s is accepted", async (_what, body) => {
  expect((await send(body)).status).toBe(200);
});

const buttons = (...replies: object[]) =>
  of("interactive", { type: "button", body: { text: "b" }, action: { buttons: replies.map((reply) => ({ reply })) } });

test.each([
  ["another product", { ...TEXT, messaging_product: "sms" }, 100],
  ["no recipient", { messaging_product: "whatsapp", text: { body: "x" } }, 100],
  ["an unknown type", of("poll", {}), 100],
  ["no content", { messaging_product: "whatsapp", to: "+491", type: "text" }, 131008],
  ["an empty text", of("text", { body: "" }), 131008],
  ["a text that is too long", of("text", { body: "x".repeat(4097) }), 100],
  ["a caption that is too long", of("image", { link: "https://a.example/b", caption: "x".repeat(1025) }), 100],
  ["a caption of an audio file", of("audio", { id: "sandbox-media-audio", caption: "x" }), 100],
  ["an unknown file", of("image", { id: "123" }), 100],
  ["a file by id and link", of("image", { id: "sandbox-media-image", link: "https://a.example/b" }), 100],
  ["an invalid link", of("image", { link: "file:///etc/passwd" }), 100],
  ["a reaction without a message", of("reaction", { emoji: "👍" }), 131008],
  ["a location without a longitude", of("location", { latitude: 1 }), 131008],
  ["a latitude above 90", of("location", { latitude: 91, longitude: 0 }), 131009],
  ["no contacts", of("contacts", []), 131008],
  ["a contact without a name", of("contacts", [{ phones: [] }]), 131008],
  ["a template without a language", of("template", { name: "hello" }), 131008],
  ["an unknown template", of("template", { name: "no_such_template", language: { code: "en" } }), 132001],
  ["no buttons", buttons(), 131009],
  ["four buttons", buttons(...["1", "2", "3", "4"].map((id) => ({ id, title: id }))), 131009],
  ["a long title", buttons({ id: "1", title: "t".repeat(21) }), 131009],
  ["two buttons with one id", buttons({ id: "1", title: "a" }, { id: "1", title: "b" }), 131009],
  ["long callback data", { ...TEXT, biz_opaque_callback_data: "x".repeat(513) }, 100],
])("%s is rejected with WhatsApp's error", async (_what, body, code) => {
  const { status, body: response } = await sendJson(body);
  expect(status).toBe(code === 132001 ? 404 : 400);
  expect(response).toMatchObject({
    error: { code, message: expect.stringMatching(new RegExp(`^\\(#${code}\\) `)), type: "OAuthException" },
  });
  expect(await sent()).toEqual([]);
});

test("a read mark is an action and not a message", async () => {
  const mark = {
    messaging_product: "whatsapp",
    status: "read",
    message_id: "wamid.A",
    typing_indicator: { type: "text" },
  };
  expect((await sendJson(mark)).body).toEqual({ success: true });
  expect((await sendJson({ ...mark, message_id: "" })).body).toMatchObject({ error: { code: 131008 } });
  expect(await sent()).toEqual([]);
  expect(await (await app.request("/_actions")).json()).toMatchObject([{ action: "mark", content: mark }]);
});

test("a number may send bursts of 80 messages, and of 45 messages to one person", async () => {
  const codes = async (to: (index: number) => string, count: number) => {
    const responses = [];
    for (let index = 0; index < count; index++) responses.push(await sendJson({ ...TEXT, to: to(index) }));
    return responses.map(({ body }) => (body["error"] as { code: number } | undefined)?.code);
  };
  expect(await codes(() => "+491", 46)).toEqual([...Array.from({ length: 45 }), 131056]);
  ms += 1000;
  expect(await codes((index) => `+4930${index}`, 81)).toEqual([...Array.from({ length: 80 }), 130429]);
  ms += 5000;
  expect(await codes(() => "+491", 2)).toEqual([undefined, 131056]);
  await app.request("/_limits", { method: "POST", body: '{"enforced":false}' });
  expect(await codes(() => "+491", 100)).toEqual(Array.from({ length: 100 }));
  expect(await (await app.request("/_limits")).json()).toEqual({
    enforced: false,
    refused: { "whatsapp pair": 2, "whatsapp number": 1 },
  });
});

test.each([
  ["code:131056", 400, '"code":131056'],
  ["code:130429", 400, '"code":130429'],
  ["code:131000", 500, '"code":131000'],
  ["code:132001", 404, '"code":132001'],
  ["code:999", 400, '"code":999'],
  ["expired_token", 401, '"error_subcode":463'],
  ["http_500", 500, "<html>"],
])("the fault %s changes one response, and the message is not sent", async (fault, status, text) => {
  await addFault({ match: { messageId: "ours-1" }, fault });
  const failed = await send({ ...TEXT, biz_opaque_callback_data: "ours-1" });
  expect(failed.status).toBe(status);
  expect(failed.text).toContain(text);
  expect(await sent()).toEqual([]);
  expect((await send({ ...TEXT, biz_opaque_callback_data: "ours-1" })).status).toBe(200);
});

test.each([
  ["http_500_taken", 500],
  ["malformed", 200],
])("the message is sent despite the fault %s", async (fault, status) => {
  await addFault({ match: { api: "whatsapp" }, fault });
  expect((await send(TEXT)).status).toBe(status);
  expect(await sent()).toMatchObject([{ text: "Good morning", fault }]);
});

test.each([
  ["timeout", 0],
  ["timeout_taken", 1],
])("the fault %s sends no response", async (fault, accepted) => {
  await addFault({ match: { to: TEXT.to }, fault });
  const { response, abort } = abortableRequest(app, "/graph/v26.0/1/messages", {
    method: "POST",
    headers: { authorization: "Bearer sandbox" },
    body: JSON.stringify(TEXT),
  });
  await expect.poll(async () => (await sent()).length).toBe(accepted);
  abort();
  expect((await response).status).toBe(499);
});

test("a request with an invalid token sends no message", async () => {
  expect((await sendJson(TEXT, "nonsense")).status).toBe(401);
  expect(await sent()).toEqual([]);
});
