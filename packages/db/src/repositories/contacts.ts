import { and, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { ContactStore, Identity, NewId, Profile } from "@millrace/core";
import type { Executor } from "../database.ts";
import { lockNames } from "../locks.ts";
import { contactIdentities, contacts } from "../schema/index.ts";
import { mergeContacts } from "./merge-contacts.ts";

type Owned = Identity & { contactId: string };
type Identities = readonly [Identity, ...Identity[]];

/** {@link ContactStore} on the tables contacts and contact_identities. */
export function contactStore(tx: Executor, newId: NewId): ContactStore {
  const store: ContactStore = {
    async resolve(tenantId, identities, profile) {
      const owners = await ownersOf(tx, tenantId, identities);
      const known = owners.length === identities.length && new Set(owners.map((owner) => owner.contactId)).size === 1;
      const contactId = known && owners[0] ? owners[0].contactId : await settle(tx, newId, tenantId, identities);
      await updateProfile(tx, contactId, profile);
      return contactId;
    },

    async join(tenantId, previous, current, profile) {
      const contactId = await store.resolve(tenantId, current, profile);
      await lockNames(tx, identityNames(tenantId, previous));
      const others = new Set((await ownersOf(tx, tenantId, previous)).map((owner) => owner.contactId));
      let survivor = contactId;
      for (const other of others) survivor = await mergeContacts(tx, survivor, other);
      for (const identity of previous) await own(tx, newId, tenantId, identity, survivor);
      return survivor;
    },

    async setMarketing(contactId, allowed, at) {
      await tx
        .update(contacts)
        .set({ marketingAllowed: allowed, marketingChangedAt: at })
        .where(
          and(eq(contacts.id, contactId), or(isNull(contacts.marketingChangedAt), lt(contacts.marketingChangedAt, at))),
        );
    },
  };
  return store;
}

/**
 * Decides who the person is when not all of their names are known to be one contact's yet. A lasting name (BSUID)
 * decides; a passing one (phone) follows it: numbers are given to new people, and WhatsApp may stop showing them.
 */
async function settle(tx: Executor, newId: NewId, tenantId: string, identities: Identities): Promise<string> {
  await lockNames(tx, identityNames(tenantId, identities));
  const owners = await ownersOf(tx, tenantId, identities);
  const byLasting = owners.find((owner) => owner.lasting);
  const byPassing = owners.filter((owner) => !owner.lasting);
  const givenLasting = identities.filter((identity) => identity.lasting);

  let contactId = byLasting?.contactId;
  for (const owner of owners.filter((candidate) => candidate.lasting)) {
    if (contactId !== undefined && owner.contactId !== contactId)
      contactId = await mergeContacts(tx, contactId, owner.contactId);
  }
  for (const owner of byPassing) {
    // Whoever has another lasting name is someone else who had this number before: the number moves, they stay.
    if (givenLasting.length > 0 && (await hasOtherLasting(tx, owner.contactId, givenLasting))) continue;
    contactId =
      contactId === undefined || contactId === owner.contactId
        ? owner.contactId
        : await mergeContacts(tx, contactId, owner.contactId);
  }
  if (contactId === undefined) {
    contactId = newId();
    await tx.insert(contacts).values({ id: contactId, tenantId });
  }
  for (const identity of identities) await own(tx, newId, tenantId, identity, contactId);
  return contactId;
}

async function own(tx: Executor, newId: NewId, tenantId: string, identity: Identity, contactId: string): Promise<void> {
  const { channel, externalId, lasting } = identity;
  await tx
    .insert(contactIdentities)
    .values({ id: newId(), tenantId, contactId, channel, externalId, lasting })
    .onConflictDoUpdate({
      target: [contactIdentities.tenantId, contactIdentities.channel, contactIdentities.externalId],
      set: { contactId },
    });
}

async function ownersOf(tx: Executor, tenantId: string, identities: readonly Identity[]): Promise<Owned[]> {
  const rows = await tx
    .select({
      contactId: contactIdentities.contactId,
      channel: contactIdentities.channel,
      externalId: contactIdentities.externalId,
    })
    .from(contactIdentities)
    .where(
      and(
        eq(contactIdentities.tenantId, tenantId),
        inArray(
          contactIdentities.externalId,
          identities.map((identity) => identity.externalId),
        ),
      ),
    );
  return identities.flatMap((identity) => {
    const row = rows.find(
      (candidate) => candidate.channel === identity.channel && candidate.externalId === identity.externalId,
    );
    return row ? [{ ...identity, contactId: row.contactId }] : [];
  });
}

async function hasOtherLasting(tx: Executor, contactId: string, given: readonly Identity[]): Promise<boolean> {
  const rows = await tx
    .select({ channel: contactIdentities.channel, externalId: contactIdentities.externalId })
    .from(contactIdentities)
    .where(and(eq(contactIdentities.contactId, contactId), eq(contactIdentities.lasting, true)));
  return rows.some(
    (row) =>
      given.some((identity) => identity.channel === row.channel) &&
      !given.some((identity) => identity.channel === row.channel && identity.externalId === row.externalId),
  );
}

async function updateProfile(tx: Executor, contactId: string, profile: Profile): Promise<void> {
  const set = Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
  const columns = Object.entries(set);
  if (columns.length === 0) return;
  const differs = columns.map(([name, value]) => sql`${contacts[name as keyof Profile]} is distinct from ${value}`);
  await tx
    .update(contacts)
    .set({ ...set, updatedAt: sql`now()` })
    .where(and(eq(contacts.id, contactId), or(...differs)));
}

function identityNames(tenantId: string, identities: readonly Identity[]): string[] {
  return identities.map((identity) => `identity/${tenantId}/${identity.channel}/${identity.externalId}`);
}
