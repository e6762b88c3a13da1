import { expect, test } from "vitest";
import { whatsappMessage } from "./content.ts";
import { graphMessageOf } from "./graph-message.ts";

const link = "https://files.example/a";
test.each<[content: Record<string, unknown>, graph: Record<string, unknown>]>([
  [
    { type: "text", text: "a", previewUrl: true },
    { type: "text", text: { body: "a", preview_url: true } },
  ],
  [
    { type: "image", media: { link }, caption: "c" },
    { type: "image", image: { link, caption: "c" } },
  ],
  [
    { type: "video", media: { id: "7", filename: "a.mp4" } },
    { type: "video", video: { id: "7" } },
  ],
  [
    { type: "document", media: { link, filename: "a.pdf" }, caption: "c" },
    { type: "document", document: { link, caption: "c", filename: "a.pdf" } },
  ],
  [
    { type: "audio", media: { id: "7" }, voice: true },
    { type: "audio", audio: { id: "7", voice: true } },
  ],
  [
    { type: "sticker", media: { id: "7" } },
    { type: "sticker", sticker: { id: "7" } },
  ],
  [
    { type: "template", name: "hello", language: "en", components: [{ type: "body", parameters: [] }] },
    {
      type: "template",
      template: { name: "hello", language: { code: "en" }, components: [{ type: "body", parameters: [] }] },
    },
  ],
  [
    { type: "buttons", text: "Well?", buttons: [{ id: "y", title: "Yes" }], header: "H", footer: "F" },
    {
      type: "interactive",
      interactive: {
        type: "button",
        header: { type: "text", text: "H" },
        body: { text: "Well?" },
        footer: { text: "F" },
        action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] },
      },
    },
  ],
  [
    {
      type: "buttons",
      text: "Well?",
      buttons: [{ id: "y", title: "Yes" }],
      header: { type: "document", media: { link, filename: "a.pdf" } },
    },
    {
      type: "interactive",
      interactive: {
        type: "button",
        header: { type: "document", document: { link, filename: "a.pdf" } },
        body: { text: "Well?" },
        action: { buttons: [{ type: "reply", reply: { id: "y", title: "Yes" } }] },
      },
    },
  ],
  [
    { type: "list", text: "Which?", button: "See", sections: [{ title: "S", rows: [{ id: "a", title: "A" }] }] },
    {
      type: "interactive",
      interactive: {
        type: "list",
        body: { text: "Which?" },
        action: { button: "See", sections: [{ title: "S", rows: [{ id: "a", title: "A" }] }] },
      },
    },
  ],
  [
    { type: "reaction", messageId: "wamid.1", emoji: "" },
    { type: "reaction", reaction: { message_id: "wamid.1", emoji: "" } },
  ],
  [
    { type: "location", latitude: 1, longitude: 2, name: "N", address: "A" },
    { type: "location", location: { latitude: 1, longitude: 2, name: "N", address: "A" } },
  ],
  [
    { type: "contacts", contacts: [{ name: { formatted_name: "Ada" } }] },
    { type: "contacts", contacts: [{ name: { formatted_name: "Ada" } }] },
  ],
])("%j", async (content, graph) => {
  const message = whatsappMessage.parse(content);
  expect(await graphMessageOf(message, async ({ id, link = "" }) => (id === undefined ? { link } : { id }))).toEqual(
    graph,
  );
});
