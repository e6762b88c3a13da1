import { eq } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Identity, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import type { Executor } from "../connection/database.ts";
import { cases, contactIdentities, contacts, conversations, leads, messages, tenants } from "../schema/index.ts";
import { contactStore } from "./contacts.ts";
import { matchContacts } from "./search.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { eventContext } from "../inbox/event-context.ts";
import { leadStore } from "../leads/leads.ts";
import { messageStore } from "../messages/messages.ts";

const database = useDatabase(8);

/** An event with the identities of a person; with `previous`, it reports identities that they replace. */
type Event = { id: string; current: ReportedIdentities; previous: ReportedIdentities | undefined };
/** BSUIDs by number, and a phone. */
type ReportedIdentities = { stable: readonly number[]; phone: number | undefined };

const PHONES = 3;
const phone = fc.option(fc.nat(PHONES - 1), { nil: undefined });
const stable = (minLength: number) => fc.uniqueArray(fc.nat(4), { minLength, maxLength: 2 });
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ current: fc.record({ stable: stable(1), phone }), previous: fc.constant(undefined) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      current: fc.record({ stable: fc.constant([]), phone: fc.nat(PHONES - 1) }),
      previous: fc.constant(undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      current: fc.record({ stable: stable(1), phone }),
      previous: fc.record({ stable: stable(1), phone }),
    }),
  },
);
const history = fc
  .array(event, { minLength: 2, maxLength: 8 })
  .map((events): Event[] => events.map((each, index) => ({ ...each, id: `event-${index}` })));

test("in every order of events, contacts are the people that the platform reports together, and no row is lost", async () => {
  await fc.assert(
    fc.asyncProperty(
      history.chain((events) => fc.shuffledSubarray(events, { minLength: events.length })),
      async (events) => {
        const tenantId = await newTenant();
        for (const each of events) await write(tenantId, each);
        expect(await check(tenantId, events)).toEqual({ messages: events.length, leads: events.length });
      },
    ),
    { numRuns: 20 },
  );
});

test("with concurrent events, contacts are the people that the platform reports together, and no row is lost", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (events) => {
      const tenantId = await newTenant();
      await Promise.all(events.map((each) => write(tenantId, each)));
      expect(await check(tenantId, events)).toEqual({ messages: events.length, leads: events.length });
    }),
    { numRuns: 20 },
  );
});

async function newTenant(): Promise<string> {
  const id = uuidv7();
  await database.orm.insert(tenants).values({ id, name: id });
  return id;
}

/** The contact that each event found or created, by the tenant and the event's id. */
const found = new Map<string, Map<string, string>>();

/** One transaction per event, as in the worker. No attempt may fail, because the queue would retry it. */
async function write(tenantId: string, each: Event): Promise<void> {
  const contactId = await database.orm.transaction((tx) => effects(tx, tenantId, each));
  found.set(tenantId, (found.get(tenantId) ?? new Map<string, string>()).set(each.id, contactId));
}

async function effects(tx: Executor, tenantId: string, { id, current, previous }: Event): Promise<string> {
  const store = contactStore(tx, eventContext(uuidv7));
  const [first, ...rest] = identities(current);
  if (!first) throw new Error("an event names somebody");
  const contactId = previous
    ? await store.join(tenantId, identities(previous), [first, ...rest], { name: id })
    : await store.resolve(tenantId, [first, ...rest], { name: id });
  const place = { tenantId, channel: "whatsapp", accountId: tenantId } as const;
  const at = new Date("2026-03-01T08:00:00Z");
  const conversationId = await conversationStore(tx, eventContext(uuidv7)).open(
    { ...place, threadId: contactId, kind: "direct", contactId },
    { at, byUser: true },
  );
  const message = { ...place, conversationId, contactId, externalId: id, sentAt: at, payload: {} };
  await messageStore(tx, eventContext(uuidv7)).add({
    ...message,
    direction: "inbound",
    type: "text",
    status: "received",
  });
  const answers = { answers: {}, consents: {}, payload: {}, isTest: false, submittedAt: at };
  await leadStore(tx, eventContext(uuidv7)).add({
    tenantId,
    contactId,
    source: "Meta",
    externalId: `${tenantId}.${id}`,
    ...answers,
  });
  return contactId;
}

/** Expects the contacts of the reference model, each with one thread and one open case; returns their row counts. */
async function check(tenantId: string, events: readonly Event[]): Promise<{ messages: number; leads: number }> {
  const { orm } = database;
  const names = await orm.select().from(contactIdentities).where(eq(contactIdentities.tenantId, tenantId));
  const people = await orm.select().from(contacts).where(eq(contacts.tenantId, tenantId));
  const threads = await orm.select().from(conversations).where(eq(conversations.tenantId, tenantId));
  const matters = await orm.select().from(cases).where(eq(cases.tenantId, tenantId));
  const texts = await orm.select().from(messages).where(eq(messages.tenantId, tenantId));
  const forms = await orm.select().from(leads).where(eq(leads.tenantId, tenantId));
  const bearer = (name: string) => names.find(({ externalId }) => externalId === name)?.contactId;

  const groups = groupsOf(events);
  for (const one of groups.keys()) {
    for (const two of groups.keys()) {
      expect(bearer(bsuid(one)) === bearer(bsuid(two)), `${one} and ${two}`).toBe(groups.get(one) === groups.get(two));
    }
  }
  for (let number = 0; number < PHONES; number += 1) {
    const [group, ...others] = new Set(events.flatMap((each) => groupsAt(groups, each, number)));
    const isOnes = group !== undefined && others.length === 0;
    expect(bearer(digits(number))).toBe(isOnes ? bearer(bsuid(group)) : bearer(digits(number)));
  }

  // Every contact that an event found or created leads to the contact of its message.
  for (const [id, contactId] of found.get(tenantId) ?? []) {
    const [reached] = await matchContacts(database, contactId);
    expect(reached).toBe(texts.find(({ externalId }) => externalId === id)?.contactId);
  }

  const mentioned = new Set(events.flatMap((each) => allNames(each)));
  expect(names.map(({ externalId }) => externalId).sort()).toEqual([...mentioned].sort());
  expect(new Set(people.map(({ id }) => id))).toEqual(new Set(names.map(({ contactId }) => contactId)));
  expect(threads.map(({ threadId }) => threadId).sort()).toEqual(people.map(({ id }) => id).sort());
  expect(matters.map(({ id }) => id).sort()).toEqual(threads.map(({ caseId }) => caseId).sort());
  expect(matters.every(({ status }) => status === "open")).toBe(true);
  for (const { id, current } of events) {
    const message = texts.find(({ externalId }) => externalId === id);
    const thread = threads.find((each) => each.id === message?.conversationId);
    expect([thread?.contactId, thread?.threadId]).toEqual([message?.contactId, message?.contactId]);
    const [name] = current.stable;
    if (name === undefined) continue;
    expect(message?.contactId).toBe(bearer(bsuid(name)));
    expect(forms.find(({ externalId }) => externalId === `${tenantId}.${id}`)?.contactId).toBe(message?.contactId);
  }
  return { messages: texts.length, leads: forms.length };
}

/** Which BSUIDs are one person: those that are reported together, directly or through others. */
function groupsOf(events: readonly Event[]): Map<number, number> {
  const groups = new Map<number, number>();
  for (const { current, previous } of events) {
    const together = [...current.stable, ...(previous?.stable ?? [])];
    for (const name of together) if (!groups.has(name)) groups.set(name, name);
    const joined = new Set(together.map((name) => groups.get(name)));
    const [group] = [...joined];
    if (group === undefined) continue;
    for (const [name, of] of groups) if (joined.has(of)) groups.set(name, group);
  }
  return groups;
}

/** The people that events report together with this phone number. */
function groupsAt(groups: ReadonlyMap<number, number>, { current, previous }: Event, number: number): number[] {
  if (current.phone !== number && previous?.phone !== number) return [];
  const [name] = current.stable;
  const group = name === undefined ? undefined : groups.get(name);
  return group === undefined ? [] : [group];
}

function identities({ stable, phone: number }: ReportedIdentities): Identity[] {
  return [
    ...stable.map((name): Identity => ({ channel: "whatsapp", externalId: bsuid(name), stable: true })),
    ...(number === undefined ? [] : [{ channel: "whatsapp", externalId: digits(number), stable: false } as const]),
  ];
}

function allNames({ current, previous }: Event): string[] {
  return [...identities(current), ...(previous ? identities(previous) : [])].map(({ externalId }) => externalId);
}

function bsuid(name: number): string {
  return `NL.${name}`;
}

function digits(number: number): string {
  return `3160000000${number}`;
}
