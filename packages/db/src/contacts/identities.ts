import { and, count, eq, inArray, or, sql } from "drizzle-orm";
import type { Identity, NewId, Profile } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { contactIdentities, contacts } from "../schema/index.ts";

/** A contact as far as its identities are asked for. */
export type KnownContact = { id: string } & Record<keyof Profile, string | null>;

/** A name and the contact that bears it. */
export type Owned = { identity: Identity; contact: KnownContact };

const knownContact = {
  id: contacts.id,
  name: contacts.name,
  username: contacts.username,
  phone: contacts.phone,
  email: contacts.email,
};

/**
 * The contact that bears all of these names, each given once; undefined when there is none. Until the transaction ends
 * it cannot be merged away: whoever would merge it waits, and whoever comes while it is merged waits here and then does
 * not find it.
 */
export async function ownerOf(
  tx: Executor,
  tenantId: string,
  identities: readonly Identity[],
): Promise<KnownContact | undefined> {
  const bearer = tx
    .select({ contactId: contactIdentities.contactId })
    .from(contactIdentities)
    .where(areNames(tenantId, identities))
    .groupBy(contactIdentities.contactId)
    .having(eq(count(), identities.length));
  const [contact] = await tx
    .select(knownContact)
    .from(contacts)
    .where(eq(contacts.id, bearer))
    .for("key share")
    .prepare("bearer_of_names")
    .execute();
  return contact;
}

/** Which of these names are known, and whose they are. */
export async function ownersOf(tx: Executor, tenantId: string, identities: readonly Identity[]): Promise<Owned[]> {
  const rows = await tx
    .select({ ...knownContact, channel: contactIdentities.channel, externalId: contactIdentities.externalId })
    .from(contactIdentities)
    .innerJoin(contacts, eq(contacts.id, contactIdentities.contactId))
    .where(areNames(tenantId, identities));
  return identities.flatMap((identity) => {
    const row = rows.find((candidate) => isSame(candidate, identity));
    return row ? [{ identity, contact: row }] : [];
  });
}

/** Every column of the unique index for every name: without the channel, all names of the tenant would be read. */
function areNames(tenantId: string, identities: readonly Identity[]) {
  const isName = ({ channel, externalId }: Identity) =>
    and(eq(contactIdentities.channel, channel), eq(contactIdentities.externalId, externalId));
  return and(eq(contactIdentities.tenantId, tenantId), or(...identities.map(isName)));
}

/** On which channels each of these contacts has a stable name. */
export async function stableChannels(tx: Executor, contactIds: readonly string[]): Promise<Map<string, Set<string>>> {
  const rows = await tx
    .selectDistinct({ contactId: contactIdentities.contactId, channel: contactIdentities.channel })
    .from(contactIdentities)
    .where(and(inArray(contactIdentities.contactId, [...contactIds]), eq(contactIdentities.stable, true)));
  const channels = new Map(contactIds.map((id) => [id, new Set<string>()]));
  for (const { contactId, channel } of rows) channels.get(contactId)?.add(channel);
  return channels;
}

/** Gives names to a contact, whoever had them before. */
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

/** Whether both are the same name. */
export function isSame(one: { channel: string; externalId: string }, two: Identity): boolean {
  return one.channel === two.channel && one.externalId === two.externalId;
}

/** Each name once. */
export function uniqueIdentities(identities: readonly Identity[]): Identity[] {
  return [...new Map(identities.map((identity) => [`${identity.channel}/${identity.externalId}`, identity])).values()];
}
