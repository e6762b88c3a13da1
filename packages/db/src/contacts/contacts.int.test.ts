import { eq } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { type Identity, type Profile, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import { contactIdentities, contacts, tenants } from "../schema/index.ts";
import { type ContactStore, contactStore } from "./contacts.ts";
import { eventContext } from "../inbox/event-context.ts";

const database = useDatabase(6);
let tenantId: string;

beforeEach(async () => {
  tenantId = uuidv7();
  await database.orm.insert(tenants).values({ id: tenantId, name: tenantId });
});

test("a BSUID that arrives with a known phone number belongs to the same contact, also later without the number", async () => {
  const id = await resolve([phone("1")], { phone: "1" });
  expect(await resolve([bsuid("a"), phone("1")])).toBe(id);
  expect(await resolve([bsuid("a")])).toBe(id);
});

test("a number that moves to a new person is removed from the previous contact", async () => {
  const old = await resolve([bsuid("a"), phone("1")], { phone: "1", name: "Ada" });
  const now = await resolve([bsuid("b"), phone("1")], { phone: "1", name: "Bob" });
  expect(now).not.toBe(old);
  expect(await resolve([phone("1")])).toBe(now);
  expect(await profile(old)).toMatchObject({ name: "Ada", phone: null });
  expect(await profile(now)).toMatchObject({ name: "Bob", phone: "1" });
});

test("BSUIDs that are reported together belong to one contact", async () => {
  const one = await resolve([bsuid("a"), bsuid("parent")]);
  const two = await resolve([bsuid("b")]);
  expect(await resolve([bsuid("b"), bsuid("parent")])).toBe(one);
  expect(await resolve([bsuid("b")])).toBe(one);
  expect(await profile(two)).toBeUndefined();
});

test("transferable identities never merge two contacts with stable identities", async () => {
  const ada = await resolve([bsuid("a"), phone("1")]);
  const bob = await resolve([bsuid("b"), mail("b@example.org")]);
  expect(await resolve([phone("1"), mail("b@example.org")])).toBe(ada);
  expect(await resolve([bsuid("b")])).toBe(bob);
  expect(await resolve([mail("b@example.org")])).toBe(ada);
});

test("a contact on two channels stays one contact when one number identifies both", async () => {
  const telegram: Identity = { channel: "telegram", externalId: "77", stable: true };
  const id = await resolve([telegram, phone("1")]);
  expect(await resolve([bsuid("a"), phone("1")])).toBe(id);
  const other = await resolve([{ ...telegram, externalId: "78" }, mail("c@example.org")]);
  expect(await resolve([bsuid("a"), mail("c@example.org")])).toBe(id);
  expect(await resolve([{ ...telegram, externalId: "78" }])).toBe(other);
});

test("a changed number merges both contacts in either order of events, and the new profile wins", async () => {
  for (const order of [
    ["old", "new", "join"],
    ["join", "old", "new"],
    ["new", "join", "old"],
  ]) {
    const mine = (name: string) => name + order.join("");
    const old = [bsuid(mine("a")), phone(mine("1"))] as const;
    const current = [bsuid(mine("b")), phone(mine("2"))] as const;
    for (const what of order) {
      if (what === "old") await resolve(old);
      if (what === "new") await resolve(current);
      if (what === "join") await join(old, current, { phone: mine("2") });
    }
    const ids = [];
    for (const name of [...old, ...current]) ids.push(await resolve([name]));
    expect(new Set(ids).size).toBe(1);
    expect(await profile(ids[0] ?? "")).toMatchObject({ phone: mine("2") });
  }
});

test("a late report of a number change does not take the number from its new owner", async () => {
  const old = await resolve([bsuid("a"), phone("1")]);
  const taker = await resolve([bsuid("z"), phone("1")]);
  expect(await join([bsuid("a"), phone("1")], [bsuid("b"), phone("2")])).toBe(old);
  expect(await resolve([phone("1")])).toBe(taker);
  expect(await resolve([bsuid("z")])).toBe(taker);
});

test("a number change without a BSUID keeps the contact", async () => {
  const old = await resolve([bsuid("a"), phone("1")]);
  expect(await join([phone("1")], [bsuid("b"), phone("2")])).toBe(old);
  expect(await resolve([bsuid("a")])).toBe(old);
});

test("a duplicate identity counts once", async () => {
  const id = await resolve([phone("1"), phone("1"), bsuid("a")]);
  expect(await join([phone("1")], [phone("1"), bsuid("a")])).toBe(id);
  expect(
    await database.orm.select().from(contactIdentities).where(eq(contactIdentities.tenantId, tenantId)),
  ).toHaveLength(2);
});

test("the latest marketing choice wins in every order, and of two at one time the opt-out", async () => {
  const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 9, 0, second));
  for (const words of [
    [
      { allowed: false, at: at(2) },
      { allowed: true, at: at(1) },
      { allowed: true, at: at(2) },
    ],
    [
      { allowed: true, at: at(2) },
      { allowed: false, at: at(2) },
      { allowed: true, at: at(1) },
    ],
  ]) {
    const id = await resolve([phone(words.map(({ allowed }) => allowed).join(""))]);
    for (const word of words) await step(({ contacts }) => contacts.setMarketing(id, word.allowed, word.at));
    expect(await profile(id)).toMatchObject({ marketingAllowed: false, marketingChangedAt: at(2) });
  }
});

type Names = readonly [Identity, ...Identity[]];

function bsuid(name: string): Identity {
  return { channel: "whatsapp", externalId: `NL.${name}`, stable: true };
}

function phone(digits: string): Identity {
  return { channel: "whatsapp", externalId: digits, stable: false };
}

function mail(address: string): Identity {
  return { channel: "email", externalId: address, stable: false };
}

function step<T>(write: (stores: { contacts: ContactStore }) => Promise<T>): Promise<T> {
  return database.orm.transaction((tx) => write({ contacts: contactStore(tx, eventContext(uuidv7)) }));
}

function resolve(names: Names, known: Profile = {}): Promise<string> {
  return step((stores) => stores.contacts.resolve(tenantId, names, known));
}

function join(previous: Names, current: Names, known: Profile = {}): Promise<string> {
  return step((stores) => stores.contacts.join(tenantId, previous, current, known));
}

async function profile(contactId: string) {
  const [row] = await database.orm.select().from(contacts).where(eq(contacts.id, contactId));
  return row;
}
