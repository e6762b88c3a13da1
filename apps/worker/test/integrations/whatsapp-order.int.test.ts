import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { change, message, openWhatsappHarness, status } from "./whatsapp-harness.ts";

let harness: Awaited<ReturnType<typeof openWhatsappHarness>>;

const AT = 1_790_000_000;
/** The id of a message that an account of ours sends. */
const OUTBOUND_ID = "wamid.OUTBOUND";
const ada = { from: "4917000000001", from_user_id: "DE.1" };
const text = (id: string, body = id) => ({ id, type: "text", text: { body } });
const echo = (at: number, content: Record<string, unknown>) =>
  change("smb_message_echoes", {
    message_echoes: [{ from: "49301", to: ada.from, timestamp: String(at), ...content }],
  });

/** Enough cases to see each pair of changes in both orders many times. */
const RUNS = { numRuns: 25 };

beforeAll(async () => {
  harness = await openWhatsappHarness();
});

afterAll(() => harness.close());

/** Delivers the changes in many orders, one per request, and checks the rows after each order. */
async function inEveryOrder(changes: readonly unknown[], check: () => Promise<void>): Promise<void> {
  const orders = fc.shuffledSubarray([...changes], { minLength: changes.length });
  const property = fc.asyncProperty(orders, async (order) => {
    await harness.clear();
    for (const single of order) await harness.deliver(single);
    await check();
  });
  await fc.assert(property, { ...RUNS, examples: [[[...changes]], [changes.toReversed()]] });
}

test("6: the statuses of an echo set the furthest one, in every order and before the echo itself", async () => {
  const reported = ["sent", "delivered", "read", "played"].map((name) => status(OUTBOUND_ID, name));
  await inEveryOrder([echo(AT, text(OUTBOUND_ID)), ...reported, status(OUTBOUND_ID, "deleted")], async () => {
    expect(await harness.messages()).toMatchObject([{ externalId: OUTBOUND_ID, status: "played" }]);
    expect(await harness.statuses()).toHaveLength(4);
  });
});

test.each([
  [131_026, expect.stringMatching(/^the person has no WhatsApp/)],
  [999_999, "Undeliverable"],
])("6: a failure ends a message in every order, and its row has the reason (code %i)", async (code, title) => {
  const failed = status(OUTBOUND_ID, "failed", { errors: [{ code, title: "Undeliverable" }] });
  await inEveryOrder([echo(AT, text(OUTBOUND_ID)), status(OUTBOUND_ID, "sent"), failed], async () => {
    const statuses = await harness.statuses();
    const reported = statuses.find((row) => row.status === "failed");
    expect(reported).toMatchObject({ errorCode: String(code), errorTitle: title });
    const error = `${reported?.errorTitle} (${code})`;
    expect(await harness.messages()).toMatchObject([{ status: "failed", error }]);
  });
});

test("in a group the statuses of each member count, and one member's failure does not fail the message", async () => {
  const member = (id: string) => ({ recipient_type: "group", recipient_participant_id: id });
  const changes = [
    echo(AT, { ...text(OUTBOUND_ID), group_id: "Z3JvdXA" }),
    status(OUTBOUND_ID, "delivered", member("491")),
    status(OUTBOUND_ID, "delivered", member("492")),
    status(OUTBOUND_ID, "read", member("491")),
    status(OUTBOUND_ID, "failed", member("493")),
  ];
  await inEveryOrder(changes, async () => {
    expect(await harness.messages()).toMatchObject([{ status: "read", contactId: null }]);
    expect(await harness.statuses()).toHaveLength(4);
  });
});

test("a new number and new user ids give one contact and one conversation, in every order with the messages", async () => {
  const system = (id: string, at: number, part: Record<string, unknown>) =>
    message(at, { id, type: "system", ...part });
  const numberChange = {
    type: "user_changed_number",
    wa_id: "4917000000002",
    user_id: "DE.2",
    previous_user_id: "DE.1",
  };
  const userIdChange = { type: "user_changed_user_id", user_id: "DE.3", previous_user_id: "DE.2" };
  const changes = [
    message(AT, { ...ada, ...text("wamid.1") }),
    system("wamid.2", AT + 1, { from: ada.from, system: numberChange }),
    system("wamid.3", AT + 2, { system: userIdChange }),
    message(AT + 3, { from_user_id: "DE.3", ...text("wamid.4") }),
    change("user_id_update", { user_id_update: [{ user_id: { previous: "DE.3", current: "DE.4" } }] }),
    message(AT + 4, { from_user_id: "DE.4", ...text("wamid.5") }),
  ];
  await inEveryOrder(changes, async () => {
    const [contact, ...others] = await harness.contacts();
    expect(others).toEqual([]);
    const names = ["4917000000001", "4917000000002", "DE.1", "DE.2", "DE.3", "DE.4"];
    expect((await harness.identities()).map(({ externalId }) => externalId)).toEqual(names);
    const [conversation, ...more] = await harness.conversations();
    expect(more).toEqual([]);
    const messages = await harness.messages();
    expect(messages).toHaveLength(3);
    for (const row of messages) {
      expect(row).toMatchObject({ contactId: contact?.id, conversationId: conversation?.id });
    }
  });
});

test("edits, reactions and revocations give the same message in every order, also before it", async () => {
  const edit = (id: string, at: number, body: string) =>
    message(at, { ...ada, id, type: "edit", edit: { original_message_id: "wamid.1", message: text("", body) } });
  const react = (emoji?: string) => ({ type: "reaction", reaction: { message_id: "wamid.1", emoji } });
  const changes = [
    message(AT, { ...ada, ...text("wamid.1", "first") }),
    edit("wamid.2", AT + 1, "second"),
    edit("wamid.3", AT + 2, "third"),
    // The person reacts under her number and then under her user id alone. Both are the same person's reaction.
    message(AT + 3, { from: ada.from, id: "wamid.4", ...react("👍") }),
    message(AT + 4, { from_user_id: "DE.1", id: "wamid.5", ...react("") }),
    echo(AT + 5, { id: "wamid.6", ...react("🌾") }),
    message(AT + 6, { ...ada, id: "wamid.7", type: "revoke", revoke: { original_message_id: "wamid.1" } }),
  ];
  await inEveryOrder(changes, async () => {
    const [row, ...others] = await harness.messages();
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      externalId: "wamid.1",
      body: "third",
      editedAt: new Date((AT + 2) * 1000),
      revokedAt: new Date((AT + 6) * 1000),
    });
    expect(row?.reactions).toEqual({ account: "🌾" });
  });
});

test("an echo that is edited and revoked is the same in every order", async () => {
  const edited = { original_message_id: OUTBOUND_ID, message: text("", "Ready at six") };
  const changes = [
    echo(AT, text(OUTBOUND_ID, "Ready at five")),
    echo(AT + 1, { id: "wamid.2", type: "edit", edit: edited }),
    echo(AT + 2, { id: "wamid.3", type: "revoke", revoke: { original_message_id: OUTBOUND_ID } }),
    status(OUTBOUND_ID, "delivered"),
  ];
  await inEveryOrder(changes, async () => {
    expect(await harness.messages()).toMatchObject([
      { direction: "outbound", status: "delivered", body: "Ready at six", revokedAt: new Date((AT + 2) * 1000) },
    ]);
  });
});

test("the latest marketing preference of a person counts, in every order", async () => {
  const preference = (value: string, timestamp: number, category = "marketing_messages") =>
    change("user_preferences", {
      user_preferences: [{ wa_id: ada.from, user_id: "DE.1", category, value, timestamp }],
    });
  const changes = [
    preference("stop", AT),
    preference("resume", AT + 10),
    preference("stop", AT + 20),
    preference("resume", AT + 30, "something_else"),
    message(AT + 40, { ...ada, ...text("wamid.1") }),
  ];
  await inEveryOrder(changes, async () => {
    expect(await harness.contacts()).toMatchObject([
      { marketingAllowed: false, marketingChangedAt: new Date((AT + 20) * 1000) },
    ]);
  });
});
