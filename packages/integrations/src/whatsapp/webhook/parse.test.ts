import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseWhatsappWebhook } from "./parse.ts";

const parse = (body: unknown) => parseWhatsappWebhook({ body: Buffer.from(JSON.stringify(body)) });

/** An item with its field, its list and the contact of its person. */
type Item = { number: string; field: string; list: string; item: Record<string, unknown>; contact?: Contact };
type Contact = { user_id: string; wa_id?: string; profile: { name: string } };

const number = fc.constantFrom("111", "222");
// A person has the same contact everywhere.
const contact = fc.constantFrom<Contact>(
  { user_id: "DE.1", wa_id: "491", profile: { name: "Ada" } },
  { user_id: "DE.2", wa_id: "492", profile: { name: "Bo" } },
  { user_id: "DE.3", profile: { name: "Cy" } },
);
// There are few ids, so that the numbers and lists share them.
const id = fc.constantFrom("wamid.A", "wamid.B+/=", "wamid.C:");
const body = fc.string({ maxLength: 5 });

const message = fc.record({ number, contact, id, body }).map(({ number, contact, id, body }): Item => {
  const item = { from: contact.wa_id, from_user_id: contact.user_id, id, type: "text", text: { body } };
  return { number, contact, field: "messages", list: "messages", item };
});
const system = fc.record({ number, id }).map(({ number, id }): Item => {
  return { number, field: "messages", list: "messages", item: { id, type: "system", system: { user_id: "DE.4" } } };
});
const status = fc
  .record({ number, id, status: fc.constantFrom("sent", "delivered", "read"), member: fc.constantFrom("491", "492") })
  .map(({ number, id, status, member }): Item => {
    return { number, field: "messages", list: "statuses", item: { id, status, recipient_participant_id: member } };
  });
const echo = fc.record({ number, contact, id, body }).map(({ number, contact, id, body }): Item => {
  const item = { from: number, to_user_id: contact.user_id, id, type: "text", text: { body } };
  return { number, contact, field: "smb_message_echoes", list: "message_echoes", item };
});
const preference = fc.record({ number, contact }).map(({ number, contact }): Item => {
  const item = { user_id: contact.user_id, value: "stop", timestamp: 1_790_000_000 };
  return { number, contact, field: "user_preferences", list: "user_preferences", item };
});
const error = fc.record({ number, code: fc.integer() }).map(({ number, code }): Item => {
  return { number, field: "messages", list: "errors", item: { code } };
});
const call = fc.record({ number, id, contact }).map(({ number, id, contact }): Item => {
  return { number, contact, field: "calls", list: "calls", item: { id, from: contact.wa_id ?? "", event: "connect" } };
});

/** Items with different keys. */
const items = fc.uniqueArray(fc.oneof(message, system, status, echo, preference, error, call), {
  minLength: 1,
  maxLength: 12,
  selector: ({ number, list, item }) =>
    JSON.stringify([number, list, item["id"] ?? item, item["status"], item["recipient_participant_id"]]),
});

/** The body of a webhook with these items. Items of the same number and field are in one value. */
function bodyOf(batch: readonly Item[], withContactsFirst: boolean) {
  const groups = new Map<string, Item[]>();
  for (const item of batch) {
    const key = `${item.field}/${item.number}`;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  const changes = [...groups.values()].map((group) => {
    const contacts = group.flatMap(({ contact }) => (contact ? [contact] : []));
    const lists: Record<string, unknown[]> = {};
    for (const { list, item } of group) lists[list] = [...(lists[list] ?? []), item];
    const value = {
      messaging_product: "whatsapp",
      metadata: { phone_number_id: group[0]?.number },
      ...(contacts.length > 0 ? { contacts: withContactsFirst ? contacts : contacts.toReversed() } : {}),
      ...lists,
    };
    return { field: group[0]?.field, value };
  });
  return { object: "whatsapp_business_account", entry: [{ id: "waba", changes }] };
}

/** The events by id. Two events with the same id are one job. */
function eventsById(bodies: readonly unknown[]) {
  return Object.fromEntries(bodies.flatMap(parse).map((event) => [event.id, event]));
}

test("the same items become the same events in any grouping and order", () => {
  const grouped = items.chain((all) =>
    fc.record({
      all: fc.constant(all),
      order: fc.shuffledSubarray(all, { minLength: all.length }),
      cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: all.length, maxLength: all.length }),
      withContactsFirst: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(grouped, ({ all, order, cuts, withContactsFirst }) => {
      const alone = eventsById(all.map((item) => bodyOf([item], true)));
      const rest = [...order];
      const batches = cuts.map((size) => rest.splice(0, size)).filter((batch) => batch.length > 0);
      const together = eventsById(batches.map((batch) => bodyOf(batch, withContactsFirst)));
      expect(Object.keys(alone)).toHaveLength(all.length);
      expect(together).toEqual(alone);
    }),
  );
});

describe("every body becomes events", () => {
  const key = fc.constantFrom("id", "field", "value", "messages", "statuses", "contacts", "metadata", "changes", "x");
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      fc.array(tie("tree"), { maxLength: 3 }),
    ),
  }));
  const envelope = fc.record({
    entry: fc.array(
      fc.oneof(tree, fc.record({ id: tree, changes: fc.array(fc.record({ field: tree, value: tree })) })),
    ),
  });
  const value = fc
    .record({ messages: tree, statuses: tree, contacts: tree, errors: tree, metadata: tree }, { requiredKeys: [] })
    .map((value) => ({ entry: [{ changes: [{ field: "messages", value }] }] }));

  test("any JSON becomes at least one event", () => {
    fc.assert(
      fc.property(fc.oneof(tree, envelope, value), (body) => {
        expect(parse(body).length).toBeGreaterThan(0);
      }),
    );
  });

  test("any bytes become at least one event", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(parseWhatsappWebhook({ body }).length).toBeGreaterThan(0);
      }),
    );
  });

  test("an unreadable item does not affect the others", () => {
    const value = { messages: [7, { id: "wamid.A" }, { type: "text" }], statuses: [null, { id: "wamid.A" }] };
    const kinds = parse({ entry: [{ changes: [{ field: "messages", value }] }] }).map((event) => event.kind);
    expect(kinds).toEqual(["unreadable", "message", "unreadable", "unreadable", "unreadable"]);
  });

  test("other fields of a value become a change event", () => {
    const value = { messages: [{ id: "wamid.A" }], weather: "fine" };
    const events = parse({ entry: [{ id: "waba", changes: [{ field: "messages", value }] }] });
    expect(events.map((event) => event.kind)).toEqual(["message", "change"]);
    expect(events[1]?.payload).toMatchObject({ field: "messages", value: { weather: "fine" } });
  });
});

describe("people", () => {
  const bo = { wa_id: "492", profile: { name: "Bo" } };
  const contactOf = (value: Record<string, unknown>) =>
    parse({ entry: [{ changes: [{ field: "messages", value }] }] }).map((event) => event.payload);

  test("a contact at the same index is not taken for the sender", () => {
    expect(contactOf({ contacts: [bo], messages: [{ id: "wamid.A", from: "491" }] })[0]).not.toHaveProperty("contact");
  });

  test("a message without a sender has the only contact if it is the only item", () => {
    expect(contactOf({ contacts: [bo], messages: [{ id: "wamid.A" }] })[0]).toMatchObject({ contact: bo });
  });

  test("a message without a sender has no contact if there are other items", () => {
    const messages = [{ id: "wamid.A" }, { id: "wamid.B", from: "492" }];
    const [unnamed, named] = contactOf({ contacts: [bo], messages });
    expect(unnamed).not.toHaveProperty("contact");
    expect(named).toMatchObject({ contact: bo });
  });

  test("a system message has no contact, even if the value has one", () => {
    const message = { id: "wamid.A", type: "system" };
    expect(contactOf({ contacts: [bo], messages: [message] })[0]).not.toHaveProperty("contact");
  });

  test("two contacts with one id give the same contact in any order", () => {
    const message = { id: "wamid.A", from: "492" };
    const other = { wa_id: "492", profile: { name: "Bob" } };
    expect(contactOf({ contacts: [bo, other], messages: [message] })).toEqual(
      contactOf({ contacts: [other, bo], messages: [message] }),
    );
  });
});

test("a status of each group member is its own event, and a repeated one is the same", () => {
  const read = (member: string) => ({ id: "wamid.A", status: "read", recipient_participant_id: member });
  const statuses = [read("491"), read("492"), { ...read("491"), timestamp: "1790000000" }];
  const events = parse({ entry: [{ changes: [{ field: "messages", value: { statuses } }] }] });
  expect(new Set(events.map((event) => event.id)).size).toBe(2);
});

test("messages that another app answers become change events", () => {
  const value = { metadata: { phone_number_id: "111" }, messages: [{ id: "wamid.A", from: "491", type: "text" }] };
  expect(parse({ entry: [{ changes: [{ field: "standby", value }] }] }).map(({ kind }) => kind)).toEqual(["change"]);
});
