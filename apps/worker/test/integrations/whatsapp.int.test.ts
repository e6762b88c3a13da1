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

let delivery: Awaited<ReturnType<typeof openWhatsappHarness>>;

const AT = 1_790_000_000;
const ada = { from: "4917000000001", from_user_id: "DE.1" };
const text = (id: string, body = id) => ({ id, type: "text", text: { body } });
const echo = (id: string, to = ada.from) =>
  change("smb_message_echoes", { message_echoes: [{ ...text(id), from: "49301", to, timestamp: String(AT) }] });

beforeAll(async () => {
  delivery = await openWhatsappHarness();
});

beforeEach(() => delivery.clear());

afterAll(() => delivery.close());

test("a message becomes a row with its media, its reply and its sender", async () => {
  const image = { id: "9001", mime_type: "image/jpeg", sha256: "aGFzaA==", caption: "The sail" };
  const contacts = [{ wa_id: ada.from, user_id: "DE.1", profile: { name: "Ada Brook", username: "@ada" } }];
  const messages = [{ ...ada, id: "wamid.1", timestamp: String(AT), type: "image", image, context: { id: "wamid.0" } }];
  await delivery.deliver(change("messages", { contacts, messages }));
  const [row] = await delivery.messages();
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
  const [contact] = await delivery.contacts();
  expect(contact).toMatchObject({ id: row?.contactId, name: "Ada Brook", username: "ada", phone: ada.from });
  const [conversation] = await delivery.conversations();
  expect(conversation).toMatchObject({ id: row?.conversationId, kind: "direct", threadId: contact?.id });
});

test("3: a redelivery in another batch changes nothing", async () => {
  const reaction = { message_id: "wamid.1", emoji: "🌾" };
  const told = {
    messages: [
      { ...ada, ...text("wamid.1"), timestamp: String(AT) },
      { ...ada, id: "wamid.2", timestamp: String(AT), type: "reaction", reaction },
    ],
    statuses: [{ id: "wamid.3", status: "read", timestamp: String(AT) }],
    errors: [{ code: 130_429 }],
  };
  const singles = Object.entries(told).flatMap(([list, items]) =>
    items.map((item) => change("messages", { [list]: [item] })),
  );
  const others = [
    echo("wamid.3"),
    change("user_preferences", { user_preferences: [{ user_id: "DE.1", value: "stop", timestamp: AT }] }),
    { field: "account_update", value: { event: "VERIFIED_ACCOUNT" } },
  ];
  const everything = async () => ({
    messages: await delivery.messages(),
    conversations: await delivery.conversations(),
    contacts: await delivery.contacts(),
    identities: await delivery.identities(),
    statuses: await delivery.statuses(),
    changes: await delivery.changes(),
    events: await delivery.events(),
  });
  const first = await delivery.deliver(...singles, ...others);
  const before = await everything();
  expect(before.events).toHaveLength(first.length);

  const again = await delivery.deliver(
    ...others.toReversed(),
    change("messages", { ...told, messages: told.messages.toReversed() }),
  );
  for (const single of [...others, ...singles]) again.push(...(await delivery.deliver(single)));
  expect(again).toHaveLength(2 * first.length);
  expect(new Set(again.map(({ result }) => result))).toEqual(new Set(["duplicate"]));
  expect(await everything()).toEqual(before);
});

test("a person whose number is withheld stays in the same conversation", async () => {
  await delivery.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await delivery.deliver(message(AT + 1, { from_user_id: "DE.1", ...text("wamid.2") }));
  await delivery.deliver(message(AT + 2, { from: "DE.1", ...text("wamid.3") }));
  expect(await delivery.contacts()).toHaveLength(1);
  expect(await delivery.conversations()).toHaveLength(1);
  expect(await delivery.messages()).toHaveLength(3);
});

test("a number that is reassigned to another person moves neither the contact nor the conversation", async () => {
  await delivery.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await delivery.deliver(message(AT + 1, { from: ada.from, from_user_id: "DE.2", ...text("wamid.2") }));
  const [first, second] = await delivery.messages();
  expect(first?.contactId).not.toBe(second?.contactId);
  expect(first?.conversationId).not.toBe(second?.conversationId);
});

test("a parent user id identifies one person across two portfolios", async () => {
  const parent = { from_parent_user_id: "DE.ENT.9" };
  await delivery.deliver(message(AT, { ...ada, ...parent, ...text("wamid.1") }));
  await delivery.deliver(message(AT, { from_user_id: "DE.8", ...parent, ...text("wamid.2") }, OTHER_NUMBER));
  expect(await delivery.contacts()).toHaveLength(1);
  expect((await delivery.conversations()).map(({ accountId }) => accountId).sort()).toEqual([NUMBER, OTHER_NUMBER]);
});

test("a group is a thread of its own, and its members are the contacts of the direct threads", async () => {
  await delivery.deliver(message(AT, { ...ada, ...text("wamid.1") }));
  await delivery.deliver(message(AT, { ...ada, ...text("wamid.2"), group_id: "Z3JvdXA" }));
  await delivery.deliver(message(AT, { from_user_id: "DE.2", ...text("wamid.3"), group_id: "Z3JvdXA" }));
  const [direct, group, ...others] = await delivery.conversations();
  expect(others).toEqual([]);
  expect(direct).toMatchObject({ kind: "direct", mode: "ai" });
  expect(group).toMatchObject({ kind: "group", mode: "human", threadId: "Z3JvdXA", contactId: null });
  const [one, two, three] = await delivery.messages();
  expect([one, two, three].map((row) => row?.conversationId)).toEqual([direct?.id, group?.id, group?.id]);
  expect(two?.contactId).toBe(one?.contactId);
  expect(three?.contactId).not.toBe(one?.contactId);
});

test("in a group each member has a reaction of their own", async () => {
  const react = (id: string, emoji: string) => {
    return { id, type: "reaction", reaction: { message_id: "wamid.1", emoji }, group_id: "Z3JvdXA" };
  };
  await delivery.deliver(message(AT, { ...ada, ...text("wamid.1"), group_id: "Z3JvdXA" }));
  await delivery.deliver(message(AT + 1, { ...ada, ...react("wamid.2", "🌾") }));
  await delivery.deliver(message(AT + 2, { from_user_id: "DE.2", ...react("wamid.3", "👍") }));
  const [row] = await delivery.messages();
  expect(row?.reactions).toEqual({ "DE.1": "🌾", "DE.2": "👍" });
});

test("a message from our phone app is outbound, in the user's thread, and opens no window", async () => {
  await delivery.deliver(message(AT - 60, { ...ada, ...text("wamid.1") }));
  await delivery.deliver(echo("wamid.2", "+4917000000001"));
  const [, row] = await delivery.messages();
  expect(row).toMatchObject({ direction: "outbound", status: "sent", body: "wamid.2" });
  const [conversation, ...others] = await delivery.conversations();
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
])("a message whose time is %s is kept at the time it was taken in", async (_name, timestamp) => {
  await delivery.deliver(change("messages", { messages: [{ ...ada, ...text("wamid.1"), timestamp }] }));
  expect(await delivery.messages()).toMatchObject([{ sentAt: new Date(RECEIVED_AT) }]);
});

test("an unhandled change keeps its payload and Meta's name for it", async () => {
  const outcomes = await delivery.deliver(
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
  for (const { payload } of await delivery.events()) expect(payload).not.toBeNull();
  expect([...(await delivery.messages()), ...(await delivery.statuses())]).toEqual([]);
});

test.each([
  ["a message", message(AT, { ...ada, ...text("wamid.1") }, UNASSIGNED_NUMBER)],
  ["a reaction", message(AT, { ...ada, id: "r", type: "reaction", reaction: { message_id: "m" } }, UNASSIGNED_NUMBER)],
  ["a status", change("messages", { statuses: [{ id: "wamid.1", status: "sent" }] }, UNASSIGNED_NUMBER)],
])("%s for a number that is nobody's dies with its reason and leaves nothing", async (_name, orphan) => {
  await expect(delivery.deliver(orphan)).rejects.toThrow(/^no tenant owns phone number 111000111000999$/);
  expect([...(await delivery.messages()), ...(await delivery.changes()), ...(await delivery.statuses())]).toEqual([]);
});
