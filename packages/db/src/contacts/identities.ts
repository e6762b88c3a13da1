import { and, count, eq, inArray, or, sql } from "drizzle-orm";
import type { Identity, NewId, Profile } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { contactIdentities, contacts } from "../schema/index.ts";

/** A contact with the fields that a profile updates. */
export type KnownContact = { id: string } & Record<keyof Profile, string | null>;

/** An identity and the contact that owns it. */
export type OwnedIdentity = { identity: Identity; contact: KnownContact };

const knownContact = {
  id: contacts.id,
  name: contacts.name,
  username: contacts.username,
  phone: contacts.phone,
  email: contacts.email,
};

/**
 * Returns the contact that owns all of these identities, each listed once; undefined when there is none. Its key-share
 * lock blocks a merge until the transaction ends. During a merge this waits, and then does not find the contact.
 */
export async function ownerOf(
  tx: Executor,
  tenantId: string,
  identities: readonly Identity[],
): Promise<KnownContact | undefined> {
  const owner = tx
    .select({ contactId: contactIdentities.contactId })
    .from(contactIdentities)
    .where(matchIdentities(tenantId, identities))
    .groupBy(contactIdentities.contactId)
    .having(eq(count(), identities.length));
  const [contact] = await tx
    .select(knownContact)
    .from(contacts)
    .where(eq(contacts.id, owner))
    .for("key share")
    .prepare("owner_of_identities")
    .execute();
  return contact;
}

/** Returns the known ones of these identities, each with its owner. */
export async function ownersOf(
  tx: Executor,
  tenantId: string,
  identities: readonly Identity[],
): Promise<OwnedIdentity[]> {
  const rows = await tx
    .select({ ...knownContact, channel: contactIdentities.channel, externalId: contactIdentities.externalId })
    .from(contactIdentities)
    .innerJoin(contacts, eq(contacts.id, contactIdentities.contactId))
    .where(matchIdentities(tenantId, identities));
  return identities.flatMap((identity) => {
    const row = rows.find((candidate) => isSame(candidate, identity));
    return row ? [{ identity, contact: row }] : [];
  });
}

/** Compares every column of the unique index: without the channel, Postgres reads all identities of the tenant. */
function matchIdentities(tenantId: string, identities: readonly Identity[]) {
  const isIdentity = ({ channel, externalId }: Identity) =>
    and(eq(contactIdentities.channel, channel), eq(contactIdentities.externalId, externalId));
  return and(eq(contactIdentities.tenantId, tenantId), or(...identities.map(isIdentity)));
}

/** Returns the channels on which each of these contacts has a stable identity. */
export async function stableChannels(tx: Executor, contactIds: readonly string[]): Promise<Map<string, Set<string>>> {
  const rows = await tx
    .selectDistinct({ contactId: contactIdentities.contactId, channel: contactIdentities.channel })
    .from(contactIdentities)
    .where(and(inArray(contactIdentities.contactId, [...contactIds]), eq(contactIdentities.stable, true)));
  const channels = new Map(contactIds.map((id) => [id, new Set<string>()]));
  for (const { contactId, channel } of rows) channels.get(contactId)?.add(channel);
  return channels;
}

/** Assigns identities to a contact; other contacts lose them. */
export async function assignIdentities(
  tx: Executor,
  newId: NewId,
  tenantId: string,
  identities: readonly Identity[],
  contactId: string,
): Promise<void> {
  await tx
    .insert(contactIdentities)
    .values(
      identities.map(({ channel, externalId, stable }) => ({
        id: newId(),
        tenantId,
        contactId,
        channel,
        externalId,
        stable,
      })),
    )
    .onConflictDoUpdate({
      target: [contactIdentities.tenantId, contactIdentities.channel, contactIdentities.externalId],
      set: { contactId: sql`excluded.contact_id` },
    });
}

/** Whether both are the same identity. */
export function isSame(one: { channel: string; externalId: string }, two: Identity): boolean {
  return one.channel === two.channel && one.externalId === two.externalId;
}

/** Removes duplicates. */
export function uniqueIdentities(identities: readonly Identity[]): Identity[] {
  return [...new Map(identities.map((identity) => [`${identity.channel}/${identity.externalId}`, identity])).values()];
}
