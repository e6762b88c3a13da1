import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  change,
  message,
  NUMBER,
  openWhatsappHarness,
  UNASSIGNED_NUMBER,
  OTHER_NUMBER,
  RECEIVED_AT,
  status,
} from "./whatsapp-harness.ts";

let harness: Awaited<ReturnType<typeof openWhatsappHarness>>;

const AT = 1_790_000_000;
const ada = { from: "4917000000001", from_user_id: "DE.1" };
const text = (id: string, body = id) => ({ id, type: "text", text: { body } });
const echo = (id: string, to = ada.from) =>
  change("smb_message_echoes", { message_echoes: [{ ...text(id), from: "49301", to, timestamp: String(AT) }] });

beforeAll(async () => {
  harness = await openWhatsappHarness();
});

beforeEach(() => harness.clear());

afterAll(() => harness.close());

test("a message becomes a row with its media, its reply and its sender", async () => {
  const image = { id: "9001", mime_type: "image/jpeg", sha256: "aGFzaA==", caption: "The sail" };
  const contacts = [{ wa_id: ada.from, user_id: "DE.1", profile: { name: "Ada Brook", username: "@ada" } }];
  const messages = [{ ...ada, id: "wamid.1", timestamp: String(AT), type: "image", image, context: { id: "wamid.0" } }];
  await harness.deliver(change("messages", { contacts, messages }));
  const [row] = await harness.messages();
  expect(row).toMatchObject({
    accountId: NUMBER,
    whatsappMessageId: "wamid.1",
    direction: "inbound",
    type: "image",
    body: "The sail",
    media: { id: "9001", mimeType: "image/jpeg", sha256: "aGFzaA==" },
    replyTo: "wamid.0",
    status: "received",
    sentAt: new Date(AT * 1000),
    payload: messages[0],
  });
  const [contact] = await harness.contacts();
  expect(contact).toMatchObject({ id: row?.contactId, name: "Ada Brook", username: "ada", phone: ada.from });
  const [conversation] = await harness.conversations();
  expect(conversation).toMatchObject({ id: row?.conversationId, kind: "direct", threadId: contact?.id });
});

test("3: a redelivery in another batch changes nothing", async () => {
  const reaction = { message_id: "wamid.1", emoji: "🌾" };
  const webhook = {
    messages: [
      { ...ada, ...text("wamid.1"), timestamp: String(AT) },
      { ...ada, id: "wamid.2", timestamp: String(AT), type: "reaction", reaction },
    ],
    statuses: [{ id: "wamid.3", status: "read", timestamp: String(AT) }],
    errors: [{ code: 130_429 }],
  };
  const singles = Object.entries(webhook).flatMap(([list, items]) =>
    items.map((item) => change("messages", { [list]: [item] })),
  );
  const others = [
    echo("wamid.3"),
    change("user_preferences", { user_preferences: [{ user_id: "DE.1", value: "stop", timestamp: AT }] }),
    { field: "account_update", value: { event: "VERIFIED_ACCOUNT" } },
  ];
  const everything = async () => ({
    messages: await harness.messages(),
    conversations: await harness.conversations(),
    contacts: await harness.contacts(),
    identities: await harness.identities(),
    statuses: await harness.statuses(),
    changes: await harness.changes(),
    events: await harness.events(),
  });
  const first = await harness.deliver(...singles, ...others);
  const before = await everything();
  expect(before.events).toHaveLength(first.length);

  const again = await harness.deliver(
    ...others.toReversed(),
    change("messages", { ...webhook, messages: webhook.messages.toReversed() }),
  );
  for (const single of [...others, ...singles]) again.push(...(await harness.deliver(single)));
  expect(again).toHaveLength(2 * first.length);
  expect(new Set(again.map(({ result }) => result))).toEqual(new Set(["duplicate"]));
  expect(await everything()).toEqual(before);
});

test("a person who withholds the number stays in the same conversation", async () => {
  await harness.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await harness.deliver(message(AT + 1, { from_user_id: "DE.1", ...text("wamid.2") }));
  await harness.deliver(message(AT + 2, { from: "DE.1", ...text("wamid.3") }));
  expect(await harness.contacts()).toHaveLength(1);
  expect(await harness.conversations()).toHaveLength(1);
  expect(await harness.messages()).toHaveLength(3);
});

test("a number that is reassigned to another person moves neither the contact nor the conversation", async () => {
  await harness.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await harness.deliver(message(AT + 1, { from: ada.from, from_user_id: "DE.2", ...text("wamid.2") }));
  const [first, second] = await harness.messages();
  expect(first?.contactId).not.toBe(second?.contactId);
  expect(first?.conversationId).not.toBe(second?.conversationId);
});

test("a parent user id identifies one person across two portfolios", async () => {
  const parent = { from_parent_user_id: "DE.ENT.9" };
  await harness.deliver(message(AT, { ...ada, ...parent, ...text("wamid.1") }));
  await harness.deliver(message(AT, { from_user_id: "DE.8", ...parent, ...text("wamid.2") }, OTHER_NUMBER));
  expect(await harness.contacts()).toHaveLength(1);
  expect((await harness.conversations()).map(({ accountId }) => accountId).sort()).toEqual([NUMBER, OTHER_NUMBER]);
});

test("a group is a thread of its own, and its members are the contacts of the direct threads", async () => {
  await harness.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await harness.deliver(message(AT, { ...ada, ...text("wamid.2"), group_id: "Z3JvdXA" }));
  await harness.deliver(message(AT, { from_user_id: "DE.2", ...text("wamid.3"), group_id: "Z3JvdXA" }));
  const [direct, group, ...others] = await harness.conversations();
  expect(others).toEqual([]);
  expect(direct).toMatchObject({ kind: "direct", mode: "ai" });
  expect(group).toMatchObject({ kind: "group", mode: "human", threadId: "Z3JvdXA", contactId: null });
  const [one, two, three] = await harness.messages();
  expect([one, two, three].map((row) => row?.conversationId)).toEqual([direct?.id, group?.id, group?.id]);
  expect(two?.contactId).toBe(one?.contactId);
  expect(three?.contactId).not.toBe(one?.contactId);
});

test("in a group each member has a reaction of their own", async () => {
  const react = (id: string, emoji: string) => {
    return { id, type: "reaction", reaction: { message_id: "wamid.1", emoji }, group_id: "Z3JvdXA" };
  };
  await harness.deliver(message(AT, { ...ada, ...text("wamid.1"), group_id: "Z3JvdXA" }));
  await harness.deliver(message(AT + 1, { ...ada, ...react("wamid.2", "🌾") }));
  await harness.deliver(message(AT + 2, { from_user_id: "DE.2", ...react("wamid.3", "👍") }));
  const [row] = await harness.messages();
  expect(row?.reactions).toEqual({ "DE.1": "🌾", "DE.2": "👍" });
});

test("a message from the WhatsApp Business app is outbound, in the customer's thread, and opens no 24-hour window", async () => {
  await harness.deliver(message(AT - 60, { ...ada, ...text("wamid.1") }));
  await harness.deliver(echo("wamid.2", "+4917000000001"));
  const [, row] = await harness.messages();
  expect(row).toMatchObject({ direction: "outbound", status: "sent", body: "wamid.2" });
  const [conversation, ...others] = await harness.conversations();
  expect(others).toEqual([]);
  expect(conversation).toMatchObject({
    lastMessageAt: new Date(AT * 1000),
    lastUserMessageAt: new Date((AT - 60) * 1000),
  });
});

test.each([
  ["absent", undefined],
  ["no number", "<TIMESTAMP>"],
  ["in milliseconds", "1790000000000"],
])("a message with a time that is %s gets the time at which the webhook was received", async (_name, timestamp) => {
  await harness.deliver(change("messages", { messages: [{ ...ada, ...text("wamid.1"), timestamp }] }));
  expect(await harness.messages()).toMatchObject([{ sentAt: new Date(RECEIVED_AT) }]);
});

test("an unhandled change keeps its payload and Meta's name for it", async () => {
  const outcomes = await harness.deliver(
    change("messages", { errors: [{ code: 130_429, title: "Rate limit hit" }] }),
    status("wamid.1", "deleted"),
    message(AT, { ...ada, id: "wamid.2", type: "system", system: { type: "customer_identity_changed" } }),
    { field: "group_lifecycle_update", value: { groups: [{ group_id: "g", type: "group_create" }] } },
    change("calls", { statuses: [{ id: "wacid.1", type: "call", status: "RINGING" }] }),
    change("history", { history: [{ threads: [{ id: ada.from, messages: [text("wamid.3")] }] }] }),
  );
  expect(outcomes).toMatchObject(
    ["130429", "deleted", "customer_identity_changed", "group_lifecycle_update", "calls", "history"].map((detail) => {
      return { result: "unhandled", detail };
    }),
  );
  for (const { payload } of await harness.events()) expect(payload).not.toBeNull();
  expect([...(await harness.messages()), ...(await harness.statuses())]).toEqual([]);
});

test.each([
  ["a message", message(AT, { ...ada, ...text("wamid.1") }, UNASSIGNED_NUMBER)],
  ["a reaction", message(AT, { ...ada, id: "r", type: "reaction", reaction: { message_id: "m" } }, UNASSIGNED_NUMBER)],
  ["a status", change("messages", { statuses: [{ id: "wamid.1", status: "sent" }] }, UNASSIGNED_NUMBER)],
])("%s for an unassigned number becomes a dead letter with its reason and writes no row", async (_name, orphan) => {
  await expect(harness.deliver(orphan)).rejects.toThrow(/^no tenant owns phone number 111000111000999$/);
  expect([...(await harness.messages()), ...(await harness.changes()), ...(await harness.statuses())]).toEqual([]);
});
