import { unavailable } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { config, downloadOf, fakeBotApi, rejection, success, TOKEN } from "../test/fake-bot-api.ts";
import { CONVERSATION, failureOf, outgoing } from "../test/outgoing.ts";
import { telegramOutbound } from "./outbound.ts";

const outbound = telegramOutbound(config);

const text = { type: "text", text: "The sluice is <b>open</b>", parseMode: "HTML" };
const accepted = success({ message_id: 55, chat: { id: 7001 } });

describe("sends", () => {
  const file = { id: "file-1" };
  test.each([
    ["text", text, "sendMessage", { text: text.text, parse_mode: "HTML" }],
    [
      "silent text without a preview",
      { type: "text", text: "x", linkPreview: false, silent: true },
      "sendMessage",
      { text: "x", link_preview_options: { is_disabled: true }, disable_notification: true },
    ],
    [
      "text with buttons",
      {
        type: "text",
        text: "x",
        keyboard: [[{ text: "Yes", data: "y" }], [{ text: "Map", url: "https://a.example" }]],
      },
      "sendMessage",
      {
        text: "x",
        reply_markup: {
          inline_keyboard: [[{ text: "Yes", callback_data: "y" }], [{ text: "Map", url: "https://a.example" }]],
        },
      },
    ],
    [
      "image",
      { type: "image", media: { link: "https://a.example/i.jpg" }, caption: "c" },
      "sendPhoto",
      { photo: "https://a.example/i.jpg", caption: "c" },
    ],
    ["document", { type: "document", media: file }, "sendDocument", { document: "file-1" }],
    ["audio", { type: "audio", media: file }, "sendAudio", { audio: "file-1" }],
    ["video", { type: "video", media: file }, "sendVideo", { video: "file-1" }],
    ["voice", { type: "voice", media: file }, "sendVoice", { voice: "file-1" }],
    [
      "location",
      { type: "location", latitude: 48.5, longitude: -11 },
      "sendLocation",
      { latitude: 48.5, longitude: -11 },
    ],
  ])("%s", async (_, content, method, params) => {
    const { context, requests } = fakeBotApi([accepted]);
    expect(await outbound.send(outgoing(content), context)).toEqual({ externalId: "7001/55", movedTo: undefined });
    expect(requests).toEqual([
      { url: `https://telegram.test/bot${TOKEN}/${method}`, method, params: { chat_id: 7001, ...params } },
    ]);
  });

  test("an album, with the id of its first message", async () => {
    const items = [
      { type: "image", media: { id: "a" }, caption: "c" },
      { type: "video", media: { link: "https://a.example/v" } },
    ];
    const { context, requests } = fakeBotApi([success([{ message_id: 8 }, { message_id: 9 }])]);
    expect(await outbound.send(outgoing({ type: "album", items }), context)).toMatchObject({ externalId: "7001/8" });
    expect(requests[0]).toMatchObject({
      method: "sendMediaGroup",
      params: {
        media: [
          { type: "photo", media: "a", caption: "c" },
          { type: "video", media: "https://a.example/v" },
        ],
      },
    });
  });

  test("a message in the name of a business account", async () => {
    const { context, requests } = fakeBotApi([accepted]);
    await outbound.send(outgoing(text, { accountId: "shop/link-1" }), context);
    expect(requests[0]?.params).toMatchObject({ business_connection_id: "link-1" });
  });

  test("a stored file as an upload", async () => {
    const content = { type: "document", media: { stored: "k", filename: "order.pdf" }, caption: "c" };
    const { context, requests } = fakeBotApi([accepted], { stored: { k: Buffer.from("paper") } });
    await outbound.send(outgoing(content), context);
    const { document, ...rest } = requests[0]?.params ?? {};
    if (!(document instanceof File)) throw new Error("no upload");
    expect([document.name, document.type, await document.text()]).toEqual(["order.pdf", "application/pdf", "paper"]);
    expect(rest).toEqual({ chat_id: "7001", caption: "c" });
  });

  test("the stored files of an album, each in its own form field", async () => {
    const items = [
      { type: "document", media: { stored: "k" } },
      { type: "document", media: { stored: "k" } },
    ];
    const { context, requests } = fakeBotApi([success([{ message_id: 8 }])], { stored: { k: Buffer.from("paper") } });
    await outbound.send(outgoing({ type: "album", items }), context);
    const { media, file0, file1 } = requests[0]?.params ?? {};
    expect(JSON.parse(String(media))).toEqual([
      { type: "document", media: "attach://file0" },
      { type: "document", media: "attach://file1" },
    ]);
    expect([file0 instanceof File, file1 instanceof File]).toEqual([true, true]);
  });
});

describe("a reply", () => {
  test("has the id of its message", async () => {
    const { context, requests } = fakeBotApi([accepted]);
    await outbound.send(outgoing(text, { replyTo: "7001/12" }), context);
    expect(requests[0]?.params["reply_parameters"]).toEqual({ message_id: 12, allow_sending_without_reply: true });
  });

  test.each(["-5/12", "callback/12", "7001/ephemeral/3/4"])(
    "to %s is sent without it, because it is not a message of the chat",
    async (replyTo) => {
      const { context, requests } = fakeBotApi([accepted]);
      await outbound.send(outgoing(text, { replyTo }), context);
      expect(requests[0]?.params).not.toHaveProperty("reply_parameters");
    },
  );
});

describe("after an error with a known cause a message is sent once more:", () => {
  const entities = rejection(400, "Bad Request: can't parse entities: Can't find end tag at byte offset 20");
  const noFile = rejection(400, "Bad Request: failed to get HTTP URL content");
  const link = "https://files.example/i.jpg";
  const image = { type: "image", media: { link } };

  test("as plain text", async () => {
    const { context, requests } = fakeBotApi([entities, accepted]);
    expect(await outbound.send(outgoing(text), context)).toMatchObject({ externalId: "7001/55" });
    expect(requests.map(({ params }) => [params["text"], params["parse_mode"]])).toEqual([
      [text.text, "HTML"],
      [text.text, undefined],
    ]);
  });

  test("and not a third time", async () => {
    const { context, requests } = fakeBotApi([entities, entities]);
    expect(await failureOf(outbound.send(outgoing(text), context))).toMatchObject({ code: "bad_entities" });
    expect(requests).toHaveLength(2);
  });

  test("without its reply", async () => {
    const { context, requests } = fakeBotApi([
      rejection(400, "Bad Request: message to be replied not found"),
      accepted,
    ]);
    await outbound.send(outgoing(text, { replyTo: "7001/12" }), context);
    expect(requests[1]?.params).toEqual({ chat_id: 7001, text: text.text, parse_mode: "HTML" });
  });

  test("to the chat's new id, which is returned, and without a reply to a message of the old chat", async () => {
    const moved = rejection(400, "Bad Request: group chat was upgraded to a supergroup chat", {
      migrate_to_chat_id: -1_002_345_678_901,
    });
    const { context, requests } = fakeBotApi([moved, accepted]);
    const sent = await outbound.send(outgoing(text, { threadId: "-77", kind: "group", replyTo: "-77/12" }), context);
    expect(sent).toEqual({ externalId: "-1002345678901/55", movedTo: "-1002345678901" });
    expect(requests[1]?.params).toEqual({ chat_id: -1_002_345_678_901, text: text.text, parse_mode: "HTML" });
  });

  test("but not from one new chat id to the next", async () => {
    const moved = (to: number) => rejection(400, "Bad Request: upgraded to a supergroup", { migrate_to_chat_id: to });
    const { context } = fakeBotApi([moved(-1001), moved(-1002)]);
    const failure = await failureOf(outbound.send(outgoing(text, { threadId: "-77", kind: "group" }), context));
    expect(failure).toMatchObject({ next: { kind: "permanent" }, code: "migrated" });
  });

  test("with the file of the link, downloaded only from public addresses", async () => {
    const bytes = Buffer.from("picture");
    const { context, requests, downloaded } = fakeBotApi([noFile, accepted], {
      downloads: { [link]: downloadOf(bytes, { "content-type": "image/jpeg" }) },
    });
    expect(await outbound.send(outgoing(image), context)).toMatchObject({ externalId: "7001/55" });
    expect(downloaded).toEqual([{ url: link, publicOnly: { except: [] } }]);
    const photo = requests[1]?.params["photo"];
    if (!(photo instanceof File)) throw new Error("no upload");
    expect([photo.name, photo.type, photo.size]).toEqual(["i.jpg", "image/jpeg", bytes.length]);
  });

  test("and fails permanently if Telegram rejects the file too", async () => {
    const { context, requests } = fakeBotApi([noFile, noFile], { downloads: { [link]: downloadOf(Buffer.from("x")) } });
    expect(await failureOf(outbound.send(outgoing(image), context))).toMatchObject({ next: { kind: "permanent" } });
    expect(requests).toHaveLength(2);
  });

  test.each([
    ["does not exist", { status: 404, headers: {}, body: undefined }, "link_rejected"],
    [
      "is unreachable",
      unavailable("network failure: ECONNRESET", undefined, { uncertain: true, code: "ECONNRESET" }),
      "link_rejected",
    ],
    ["is announced as too large", downloadOf(Buffer.from("x"), { "content-length": "10485761" }), "too_large"],
    ["is too large", downloadOf(Buffer.alloc(10 * 1024 * 1024 + 1)), "too_large"],
  ])("and fails permanently and without uncertainty for a link that %s", async (_, download, code) => {
    const { context } = fakeBotApi([noFile], { downloads: { [link]: download } });
    const failure = await failureOf(outbound.send(outgoing(image), context));
    expect(failure).toMatchObject({ next: { kind: "permanent" }, code, uncertain: false });
    expect(failure.message).not.toContain("files.example");
  });
});

describe("fails without a call", () => {
  test("in a chat in which the bot is a guest", async () => {
    const { context } = fakeBotApi([]);
    const failure = await failureOf(outbound.send(outgoing(text, { accountId: "shop/guest" }), context));
    expect(failure).toMatchObject({ next: { kind: "permanent" }, code: "guest" });
  });

  test("for a bot without a token, and pauses the bot", async () => {
    const { context } = fakeBotApi([]);
    const failure = await failureOf(outbound.send(outgoing(text, { accountId: "mill" }), context));
    expect(failure).toMatchObject({ next: { kind: "paused", scope: "telegram:mill" } });
    expect(failure.message).toContain("TELEGRAM_BOT_TOKEN");
  });
});

test("a message waits for its chat and its bot, also in the name of a business account", () => {
  expect(outbound.scopes({ accountId: "shop/link-1", conversationId: CONVERSATION })).toEqual([
    "telegram:shop",
    `telegram:shop:${CONVERSATION}`,
  ]);
});
