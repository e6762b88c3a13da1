import { expect, test } from "vitest";
import { contentOf } from "./content.ts";

test.each([
  ["/start", "command"],
  ["/start autumn-offer", "command"],
  ["/help@the_miller_bot", "command"],
  ["/help\nplease", "command"],
  ["/", "text"],
  ["//nothing", "text"],
  ["and /start", "text"],
  ["/etc/passwd", "text"],
])("%j is a %s", (text, type) => {
  expect(contentOf({ text })).toEqual({ type, body: text });
});

test("a photo without known sizes is still an image", () => {
  expect(contentOf({ photo: [{ file_id: "a" }, { file_id: "b" }] }).media?.id).toBe("a");
  expect(contentOf({ photo: "none" })).toEqual({ type: "image" });
});

test("a formatted message becomes plain text", () => {
  const blocks = [
    { type: "heading", text: "Prices", size: 1 },
    { type: "paragraph", text: ["From ", { type: "bold", text: "nine" }, " on"] },
    { type: "table", cells: [[{ text: "Kettle" }, { text: "9" }]] },
  ];
  expect(contentOf({ rich_message: { blocks } })).toEqual({ type: "text", body: "Prices\nFrom nine on\nKettle 9" });
});

test.each([
  [{ dice: { emoji: "🎲", value: 6 } }, { type: "dice", body: "🎲 6" }],
  [{ location: { latitude: 48.5, longitude: -11 } }, { type: "location", body: "48.5, -11" }],
  [{ game: { title: "Sluice", description: "Open it" } }, { type: "game", body: "Sluice\nOpen it" }],
  [{ invoice: { title: "Kettle", currency: "EUR", total_amount: 900 } }, { type: "invoice", body: "Kettle" }],
  [{ checklist: { title: "Today", tasks: [{ id: 1, text: "Sweep" }] } }, { type: "checklist", body: "Today\n- Sweep" }],
  [{ web_app_data: { data: "size=4", button_text: "Choose" } }, { type: "web_app_data", body: "size=4" }],
  [{ new_chat_title: "Weir keepers" }, { type: "system", body: "new chat title: Weir keepers" }],
  [
    { delete_chat_photo: true, sender_tag: "x" },
    { type: "system", body: "delete chat photo" },
  ],
  [{ tide_forecast: {} }, { type: "unsupported" }],
  [{ text: null, caption: "left over" }, { type: "unsupported" }],
])("the content of %j is %j", (message, content) => {
  expect(contentOf(message)).toEqual(content);
});
