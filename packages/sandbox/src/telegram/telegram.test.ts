import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";
import { telegramClient } from "./test-client.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => NOW });
});

const { call, sent } = telegramClient(() => app);

function form(fields: Record<string, string | File>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

test("the response to a message has the message, and `/_sent` lists it", async () => {
  const parameters = {
    chat_id: 5,
    text: "<b>Tom &amp; Ada</b>",
    parse_mode: "HTML",
    reply_parameters: { message_id: 3 },
  };
  const { status, body } = await call("sendMessage", parameters);
  expect(status).toBe(200);
  expect(body).toEqual({
    ok: true,
    result: {
      message_id: expect.any(Number),
      from: { id: 7, is_bot: true, first_name: "Sandbox", username: expect.any(String) },
      chat: { id: 5, type: "private", first_name: expect.any(String) },
      date: 1795168800,
      reply_to_message: expect.objectContaining({ message_id: 3 }),
      text: "Tom & Ada",
    },
  });
  expect(await sent()).toEqual([
    {
      channel: "telegram",
      account: "7",
      to: "5",
      externalId: String(body.result?.["message_id"]),
      type: "text",
      text: "Tom & Ada",
      at: "2026-11-20T10:00:00.000Z",
      content: parameters,
      misdelivered: false,
    },
  ]);
});

test("message ids are consecutive in each chat", async () => {
  const id = async (chatId: number) =>
    (await call("sendMessage", { chat_id: chatId, text: "x" })).body.result?.["message_id"];
  const first = Number(await id(1));
  expect([await id(1), await id(2), await id(1)]).toEqual([first + 1, first, first + 2]);
});

test.each([
  [5, "private"],
  [-5, "group"],
  [-1_001_234_567_890, "supergroup"],
  ["5", "private"],
  ["@some_channel", "supergroup"],
])("the chat %s has the type %s", async (chatId, type) => {
  expect((await call("sendMessage", { chat_id: chatId, text: "x" })).body.result).toMatchObject({ chat: { type } });
});

test.each([
  ["sendMessage", { chat_id: 5, text: " " }, "message text is empty"],
  ["sendMessage", { chat_id: 5 }, "message text is empty"],
  ["sendMessage", { chat_id: 5, text: "x".repeat(4097) }, "message is too long"],
  ["sendMessage", { chat_id: 0, text: "x" }, "chat not found"],
  ["sendMessage", { chat_id: "tg://user", text: "x" }, "chat not found"],
  ["sendMessage", { text: "x" }, "chat_id is empty"],
  ["sendMessage", { chat_id: 5, text: "x", parse_mode: "BBCode" }, "unsupported parse_mode"],
  [
    "sendMessage",
    { chat_id: 5, text: "x", reply_markup: { inline_keyboard: [[{ text: "a", callback_data: "x".repeat(65) }]] } },
    "BUTTON_DATA_INVALID",
  ],
  [
    "sendMessage",
    { chat_id: 5, text: "x", reply_markup: { inline_keyboard: [[{ text: "a" }]] } },
    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
  ],
  ["sendPhoto", { chat_id: 5, photo: "sandbox-media-photo", caption: "x".repeat(1025) }, "message caption is too long"],
  ["sendPhoto", { chat_id: 5, photo: "nothing" }, "wrong file identifier/HTTP URL specified"],
  ["sendPhoto", { chat_id: 5 }, "there is no photo in the request"],
  ["sendLocation", { chat_id: 5, latitude: 91, longitude: 0 }, "wrong latitude or longitude specified"],
  ["sendMediaGroup", { chat_id: 5, media: [] }, "there are no messages to send"],
  [
    "sendMediaGroup",
    { chat_id: 5, media: Array.from({ length: 11 }, () => ({ type: "photo", media: "sandbox-media-photo" })) },
    "too many messages to send as an album",
  ],
  [
    "sendMediaGroup",
    {
      chat_id: 5,
      media: [
        { type: "photo", media: "https://a.example/b" },
        { type: "audio", media: "https://a.example/b" },
      ],
    },
    "audio can't be mixed with other media types",
  ],
  ["sendChatAction", { chat_id: 5, action: "dancing" }, "wrong parameter action in request"],
  ["answerCallbackQuery", {}, "query is too old and response timeout expired or query ID is invalid"],
  ["getFile", { file_id: "nothing" }, "wrong file_id or the file is temporarily unavailable"],
  ["setWebhook", { url: "http://a.example" }, "bad webhook: An HTTPS URL must be provided for webhook"],
])("%s %j is rejected: %s", async (method, parameters, reason) => {
  const { status, body } = await call(method, parameters);
  expect([status, body]).toEqual([400, { ok: false, error_code: 400, description: `Bad Request: ${reason}` }]);
  expect(await sent()).toEqual([]);
});

test.each([
  ["sendChatAction", { chat_id: 5, action: "typing" }],
  ["answerCallbackQuery", { callback_query_id: "1" }],
  ["setMessageReaction", { chat_id: 5, message_id: 1, reaction: [{ type: "emoji", emoji: "👍" }] }],
])("%s is an action and not a message", async (method, parameters) => {
  expect((await call(method, parameters)).body).toEqual({ ok: true, result: true });
  expect(await sent()).toEqual([]);
  expect(await (await app.request("/_actions")).json()).toMatchObject([{ action: method, content: parameters }]);
});

test.each(["photo", "document", "audio", "video", "voice"])(
  "a %s can be sent by id, by URL and as an upload",
  async (kind) => {
    const method = `send${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    for (const file of [`sandbox-media-${kind}`, "https://files.example/a.bin", new File(["bytes"], "a.bin")]) {
      const parameters =
        file instanceof File
          ? form({ chat_id: "5", [kind]: file, caption: "c" })
          : { chat_id: 5, [kind]: file, caption: "c" };
      expect((await call(method, parameters)).body.result).toMatchObject({ caption: "c", [kind]: expect.anything() });
    }
    expect(await sent()).toMatchObject(Array.from({ length: 3 }, () => ({ type: kind, text: "c" })));
  },
);

test("an album is several messages with one media group id", async () => {
  const media = [
    { type: "photo", media: "attach://one", caption: "first" },
    { type: "photo", media: "sandbox-media-photo" },
  ];
  const { body } = await call(
    "sendMediaGroup",
    form({ chat_id: "5", media: JSON.stringify(media), one: new File(["bytes"], "a.jpg") }),
  );
  const messages = body.result as unknown as { message_id: number; media_group_id: string }[];
  expect(messages).toHaveLength(2);
  expect(new Set(messages.map(({ media_group_id }) => media_group_id)).size).toBe(1);
  expect(await sent()).toMatchObject([
    { type: "photo", text: "first", content: { files: [{ part: "one", name: "a.jpg", size: 5 }] } },
    { type: "photo" },
  ]);
});

test("a file can be downloaded with the bot's token only", async () => {
  const { body } = await call("sendDocument", form({ chat_id: "5", document: new File(["bytes"], "a.txt") }));
  const { file_id } = (body.result as { document: { file_id: string } }).document;
  const { file_path, file_size } = (await call("getFile", { file_id })).body.result as {
    file_path: string;
    file_size: number;
  };
  expect(file_size).toBe(5);
  expect(await (await app.request(`/telegram/file/bot7:sandbox/${file_path}`)).text()).toBe("bytes");
  expect((await app.request(`/telegram/file/bot7:sandbox/files/other.txt`)).status).toBe(404);
  expect((await app.request(`/telegram/file/bot7:stolen/${file_path}`)).status).toBe(401);
});

test.each([
  ["7:revoked", "getMe", 401, "Unauthorized"],
  ["nonsense", "getMe", 404, "Not Found"],
  ["sandbox", "sendPigeon", 404, "Not Found: method not found"],
  ["sandbox-2", "getMe", 200, undefined],
])("the token %s and the method %s get the status %i", async (token, method, status, description) => {
  const response = await call(method, {}, token);
  expect([response.status, response.body.description]).toEqual([status, description]);
  expect(await (await app.request("/_requests")).text()).not.toContain(token.split(":")[1] ?? "nonsense");
});

test("a bot has the webhook of its last setWebhook, and a host without an address is an error", async () => {
  const info = async () => (await call("getWebhookInfo")).body.result;
  expect(await info()).toMatchObject({ url: expect.stringMatching(/^https:/), pending_update_count: 0 });
  await call("setWebhook", { url: "https://mill.invalid/hook" });
  expect(await info()).toMatchObject({ last_error_date: NOW.getTime() / 1000, last_error_message: expect.any(String) });
  await call("setWebhook", { url: "" });
  expect(await info()).toEqual({ url: "", has_custom_certificate: false, pending_update_count: 0 });
});
