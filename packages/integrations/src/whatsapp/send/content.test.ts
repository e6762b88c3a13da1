import { describe, expect, test } from "vitest";
import { z } from "zod";
import { whatsappContent } from "./content.ts";

const media = { link: "https://files.example/a" };
const button = (id: string) => ({ id, title: "Yes" });
const row = (id: string) => ({ id, title: "Rye" });
const list = (...sections: unknown[]) => ({ type: "list", text: "Which?", button: "Choose", sections });
const rows = (count: number, from = 0) => Array.from({ length: count }, (_, index) => row(String(from + index)));
const long = (length: number) => "x".repeat(length);
const cards = (count: number) => Array.from({ length: count }, () => ({ name: { formatted_name: "A" } }));
const wamid = "wamid.HBgL";

test.each([
  { type: "text", text: long(40_960), previewUrl: true, replyTo: wamid },
  { type: "image", media, caption: long(1024), replyTo: wamid },
  { type: "video", media: { id: "1" } },
  { type: "document", media: { stored: "outgoing/1", filename: "offer.pdf" } },
  { type: "audio", media: { data: "AAAA", mimeType: "audio/ogg" }, voice: true },
  { type: "sticker", media },
  { type: "template", name: "order_ready", language: "en_US" },
  {
    type: "template",
    name: "order_ready",
    language: "zh_CN",
    components: [
      { type: "body", parameters: [{ type: "text", text: "Ada" }] },
      { type: "button", sub_type: "quick_reply", index: "0", parameters: [{ type: "payload", payload: "a" }] },
    ],
  },
  { type: "buttons", text: long(1024), buttons: [button("a"), button("b"), button("c")], footer: long(60) },
  { type: "buttons", text: "Well?", buttons: [button(long(256))], header: { type: "image", media } },
  list({ rows: rows(10) }),
  list({ title: "A", rows: rows(5) }, { title: "B", rows: rows(5, 5) }),
  { type: "reaction", messageId: wamid, emoji: "👩‍👩‍👧‍👦" },
  { type: "reaction", messageId: wamid, emoji: "❤" },
  { type: "reaction", messageId: wamid, emoji: "1️⃣" },
  { type: "reaction", messageId: wamid, emoji: "🇩🇪" },
  { type: "reaction", messageId: wamid, emoji: "" },
  { type: "location", latitude: -90, longitude: 180, name: "Mill", address: "Stream 1" },
  { type: "contacts", contacts: [{ name: { formatted_name: "Ada" }, phones: [{ phone: "+49151", wa_id: "49151" }] }] },
  { type: "read", messageId: wamid, typing: true },
])("accepts the type $type", (content) => {
  expect(whatsappContent.safeParse(content).error).toBeUndefined();
});

describe("rejects a content with the field and the limit", () => {
  test.each<[content: unknown, path: string, reason: string]>([
    [{ type: "text", text: long(40_961) }, "text", "at most 40960 characters"],
    [{ type: "text", text: " \n" }, "text", "not be blank"],
    [{ type: "text", text: "a", replyTo: "a b" }, "replyTo", "wamid"],
    [{ type: "image", media, caption: long(1025) }, "caption", "at most 1024 characters"],
    [{ type: "image", media: {} }, "media", "exactly one of"],
    [{ type: "image", media: { data: "", mimeType: "image/png" } }, "media.data", "not be empty"],
    [{ type: "audio", media, caption: "a" }, "", "caption"],
    [{ type: "sticker", media, voice: true }, "", "voice"],
    [{ type: "template", name: "a", language: "english" }, "language", "language code"],
    [{ type: "buttons", text: long(1025), buttons: [button("a")] }, "text", "at most 1024 characters"],
    [{ type: "buttons", text: "a", buttons: [] }, "buttons", "at least 1 button"],
    [{ type: "buttons", text: "a", buttons: ["a", "b", "c", "d"].map(button) }, "buttons", "at most 3 buttons"],
    [{ type: "buttons", text: "a", buttons: [button("a"), button("a")] }, "buttons", "different ids"],
    [{ type: "buttons", text: "a", buttons: [{ id: "a", title: long(21) }] }, "buttons.0.title", "at most 20"],
    [{ type: "buttons", text: "a", buttons: [button(long(257))] }, "buttons.0.id", "at most 256"],
    [{ type: "buttons", text: "a", buttons: [button("a")], footer: long(61) }, "footer", "at most 60"],
    [{ ...list({ rows: rows(1) }), text: long(4097) }, "text", "at most 4096"],
    [{ ...list({ rows: rows(1) }), button: long(21) }, "button", "at most 20"],
    [{ ...list({ rows: rows(1) }), header: long(61) }, "header", "at most 60"],
    [list(), "sections", "at least 1 section"],
    [list({ rows: [] }), "sections.0.rows", "at least 1 row"],
    [list({ rows: rows(11) }), "sections", "at most 10 rows"],
    [list({ title: "A", rows: rows(6) }, { title: "B", rows: rows(6, 6) }), "sections", "at most 10 rows"],
    [list({ title: "A", rows: rows(1) }, { rows: rows(1, 1) }), "sections", "titles"],
    [list({ title: "A", rows: rows(1) }, { title: "B", rows: rows(1) }), "sections", "different ids"],
    [list({ rows: [{ id: long(201), title: "a" }] }), "sections.0.rows.0.id", "at most 200"],
    [list({ rows: [{ id: "a", title: long(25) }] }), "sections.0.rows.0.title", "at most 24"],
    [list({ rows: [{ ...row("a"), description: long(73) }] }), "sections.0.rows.0.description", "at most 72"],
    [{ type: "reaction", messageId: wamid, emoji: "👍👍" }, "emoji", "one emoji"],
    [{ type: "reaction", messageId: wamid, emoji: "a" }, "emoji", "an emoji"],
    [{ type: "reaction", messageId: wamid, emoji: "1" }, "emoji", "an emoji"],
    [{ type: "location", latitude: 91, longitude: 0 }, "latitude", "at most 90"],
    [{ type: "contacts", contacts: [] }, "contacts", "at least 1 contact"],
    [{ type: "contacts", contacts: cards(258) }, "contacts", "at most 257"],
    [{ type: "read" }, "messageId", ""],
    [{ type: "hologram" }, "type", ""],
  ])("%j", (content, path, reason) => {
    const issues = whatsappContent.safeParse(content).error?.issues ?? [];
    const found = issues.map((issue) => [issue.path.join("."), issue.message]);
    expect(found).toContainEqual([path, expect.stringContaining(reason)]);
  });

  test("rejects an inline file in a header", () => {
    const header = { type: "image", media: { data: "AAAA", mimeType: "image/png" } };
    expect(whatsappContent.safeParse({ type: "buttons", text: "a", buttons: [button("a")], header }).success).toBe(
      false,
    );
  });
});

test("the schema converts to OpenAPI with the name of each type", () => {
  const schema = JSON.stringify(z.toJSONSchema(whatsappContent, { io: "input" }));
  for (const { shape } of whatsappContent.options) expect(schema).toContain(`"const":"${shape.type.value}"`);
});
