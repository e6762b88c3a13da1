import { readdirSync, readFileSync } from "node:fs";
import { describeError, type ParsedEvent } from "@millrace/core";
import { expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { type Content, contentOf } from "./inbound/content.ts";
import { telegramHandler } from "./inbound/handler.ts";
import { SECRET_HEADER, telegramWebhook } from "./inbound/webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const webhook = telegramWebhook({ secrets: [{ bot: "shop", secret: "weir-secret" }] });

/** The event kind of each fixture, the content of messages and edits, and the reason of the ones that fail. */
const expected: Record<string, { kind: string; content?: Content; fails?: string }> = {
  animation: {
    kind: "message",
    content: { type: "video", media: { id: "mill-gif-1", mimeType: "video/mp4", flavour: "animation" } },
  },
  blocked: { kind: "my_chat_member" },
  "business-customer": { kind: "business_message", content: { type: "text", body: "Do you deliver on Saturday?" } },
  "business-deleted": { kind: "deleted_business_messages" },
  "business-owner": { kind: "business_message", content: { type: "text", body: "Yes, before noon" } },
  button: { kind: "callback_query" },
  "button-inline": { kind: "callback_query" },
  "button-of-old-message": { kind: "callback_query" },
  "channel-post": { kind: "channel_post", content: { type: "text", body: "Closed on Sunday" } },
  "command-start": { kind: "message", content: { type: "command", body: "/start autumn-offer" } },
  document: {
    kind: "message",
    content: {
      type: "document",
      media: { id: "mill-doc-1", mimeType: "application/pdf", filename: "order 4711.pdf", sizeBytes: 48_213 },
    },
  },
  "edited-message": {
    kind: "edited_message",
    content: { type: "text", body: "Is the blue kettle back, and the red one?" },
  },
  "group-anonymous-admin": { kind: "message", content: { type: "text", body: "Rules are pinned" } },
  "group-migrates": { kind: "message", content: { type: "system", body: "migrate to chat id" } },
  "group-new-members": { kind: "message", content: { type: "system", body: "new chat members: Ines, Miller" } },
  "group-text": { kind: "message", content: { type: "text", body: "The door is stuck again" } },
  "kind-of-the-future": { kind: "update" },
  "message-without-a-chat": { kind: "message", fails: "the message does not match its schema" },
  "odd-details": { kind: "message", content: { type: "text", body: "Still to be kept" } },
  "own-phone-number": { kind: "message", content: { type: "contacts", body: "Ines Okafor\n+49 151 0000777" } },
  "photo-of-album": {
    kind: "message",
    content: { type: "image", body: "The crack is on the left", media: { id: "mill-photo-l", sizeBytes: 201_334 } },
  },
  "poll-message": { kind: "message", content: { type: "poll", body: "Which day suits you?\n- Monday\n- Friday" } },
  reaction: { kind: "message_reaction" },
  "sticker-animated": {
    kind: "message",
    content: { type: "sticker", body: "🌊", media: { id: "mill-sticker-1", flavour: "animated" } },
  },
  text: { kind: "message", content: { type: "text", body: "Is the blue kettle back in stock?" } },
  "text-reply": { kind: "message", content: { type: "text", body: "And the green one?" } },
  "topic-text": { kind: "message", content: { type: "text", body: "First post here" } },
  venue: { kind: "message", content: { type: "location", body: "Old Mill\nWeir Street 3" } },
  voice: {
    kind: "message",
    content: {
      type: "audio",
      media: { id: "mill-voice-1", mimeType: "audio/ogg", sizeBytes: 30_511, flavour: "voice" },
    },
  },
};

test("every fixture has an expected result", () => {
  expect(readdirSync(folder).sort()).toEqual(
    Object.keys(expected)
      .map((name) => `${name}.json`)
      .sort(),
  );
});

test.each(Object.entries(expected))("%s is parsed as expected", (name, { kind, content, fails }) => {
  const body = readFileSync(new URL(`${name}.json`, folder));
  const update = JSON.parse(body.toString()) as Record<string, Record<string, unknown>>;
  const request = {
    method: "POST",
    headers: { [SECRET_HEADER]: "weir-secret" },
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body,
  };
  expect(webhook.authenticate(request, { now: new Date(), secrets: ["weir-secret"] })).toBe(true);
  const [event] = webhook.parse(request);
  if (!event) throw new Error("no event");
  expect(event).toEqual({ id: `update.shop.${String(update["update_id"])}`, kind, payload: { bot: "shop", update } });

  expect(resultOf(event)).toBe(fails ?? "handled");
  expect(content && contentOf(update[kind] ?? {})).toEqual(content);
});

/** `handled`, or why the event fails. */
function resultOf(event: ParsedEvent): string {
  try {
    handlePurely(telegramHandler(false), inboundEvent("telegram", event));
    return "handled";
  } catch (error) {
    return describeError(error);
  }
}
