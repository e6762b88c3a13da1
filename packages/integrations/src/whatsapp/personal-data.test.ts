import { expect, test } from "vitest";
import { whatsappPersonalData } from "./personal-data.ts";

const PHONE = "15551230001";
const metadata = { phone_number_id: "1065", display_phone_number: "15550001111" };

test.each([
  [PHONE, { metadata, message: { id: "wamid.x", from: PHONE } }],
  ["DE.123abc", { metadata, message: { id: "wamid.x", from_user_id: "DE.123abc" } }],
  [PHONE, { metadata, message: { id: "wamid.x", type: "text" }, contact: { wa_id: PHONE } }],
  [PHONE, { metadata, message: { from: "1065", to: PHONE } }],
  [PHONE, { metadata, message: { system: { type: "user_changed_number", customer: PHONE, wa_id: "15559" } } }],
  [PHONE, { metadata, status: { id: "wamid.y", recipient_id: PHONE } }],
  ["wamid.HBgX", { metadata, status: { id: "wamid.HBgX" } }],
  [PHONE, { metadata, status: { recipient_participant_id: PHONE } }],
  [PHONE, { metadata, preference: { wa_id: PHONE } }],
  ["DE.123abc", { metadata, user_id_update: { user_id: { previous: "DE.123abc", current: "DE.9" } } }],
  [PHONE, { accountId: "1", field: "calls", value: { metadata, calls: [{ from: PHONE }] } }],
  [PHONE, { reason: "unknown", raw: { field: "messages", value: { messages: [{ from: PHONE }] } } }],
  ["+15551230001", { to: { phone: "+15551230001" }, message: {} }],
  ["0198-conversation", { to: { conversationId: "0198-conversation" }, message: {} }],
  ["0198-message", { to: {}, message: {}, messageIds: ["0198-message"] }],
])("an event or request from or to %s is about them: %j", (identifier, payload) => {
  expect(whatsappPersonalData(payload).parties).toContain(identifier);
});

test.each([
  [PHONE, { metadata, message: { from: "15559", context: { from: PHONE, id: "wamid.HBgX" } } }],
  [PHONE, { metadata, message: { from: "15559", contacts: [{ phones: [{ wa_id: PHONE }] }] } }],
  ["wamid.HBgX", { metadata, message: { from: "15559", reaction: { message_id: "wamid.HBgX", emoji: "👍" } } }],
  ["call +15551230001", { metadata, message: { from: "15559", text: { body: "call +15551230001" } } }],
  ["15550001111", { metadata, message: { from: "15559" } }],
  ["call +15551230001", { to: { phone: "+15559" }, message: { type: "text", text: "call +15551230001" } }],
])("an event that only mentions %s is not about them: %j", (value, payload) => {
  const { parties, mentioned } = whatsappPersonalData(payload);
  expect(parties).not.toContain(value);
  expect(mentioned).toContain(value);
});

test("the type, the time and our phone number id stay in a redacted event", () => {
  const message = { from: PHONE, type: "text", timestamp: "1790000000", text: { body: "Hello" } };
  expect(whatsappPersonalData({ metadata, message }).redact()).toEqual({
    metadata: { phone_number_id: "1065", display_phone_number: "[redacted]" },
    message: { from: "[redacted]", type: "text", timestamp: "1790000000", text: { body: "[redacted]" } },
  });
});
