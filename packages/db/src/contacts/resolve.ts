import { eq, sql } from "drizzle-orm";
import type { Identity, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { contacts } from "../schema/index.ts";
import {
  isSame,
  stableChannels,
  assignIdentities,
  type OwnedIdentity,
  ownersOf,
  uniqueIdentities,
} from "./identities.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { mergeContacts } from "./merge.ts";

/** A person's identities now, and those that the platform reports as replaced. */
type ReportedIdentities = { current: readonly Identity[]; previous: readonly Identity[] };

/**
 * Resolves the contact of identities that do not all belong to one contact yet, and merges contacts where needed. A
 * stable identity (a WhatsApp BSUID) decides. A transferable one (a phone number) follows it, because numbers move to new
 * people. Two stable identities of one channel are merged only if the platform reports both for one person.
 */
export async function resolveContact(
  tx: Executor,
  context: EventContext,
  tenantId: string,
  reported: ReportedIdentities,
): Promise<string> {
  const { newId } = context;
  const all = uniqueIdentities([...reported.current, ...reported.previous]);
  await lockIdentities(tx, tenantId, all);
  if ((await ownersOf(tx, tenantId, all)).length === 0) return createContact(tx, newId, tenantId, all);

  // A merge also moves identities that are not listed here. The tenant-wide lock serializes merges; then look again.
  await lockContacts(tx, tenantId);
  const owners = await ownersOf(tx, tenantId, all);
  const channelsOf = await stableChannels(tx, [...new Set(owners.map(({ contact }) => contact.id))]);
  const { same, others } = partitionOwners(owners, reported, channelsOf);

  // A current identity moves to the person. A previous one stays: it may belong to someone else by now.
  const moved = others.filter(({ identity }) => isAmong(reported.current, identity));
  const kept = others.filter((owner) => !moved.includes(owner)).map(({ identity }) => identity);
  const assigned = all.filter((identity) => !isAmong(kept, identity));
  await clearMovedFields(tx, moved);
  const [first, ...rest] = same;
  if (first === undefined) return createContact(tx, newId, tenantId, assigned);
  let contactId = first;
  for (const id of rest) contactId = await mergeContacts(tx, context, contactId, id);
  await assignIdentities(tx, newId, tenantId, assigned, contactId);
  return contactId;
}

/** Locks identities until the transaction ends; see lockNames. */
export function lockIdentities(
  tx: Executor,
  tenantId: string,
  identities: readonly { channel: string; externalId: string }[],
): Promise<void> {
  return lockNames(
    tx,
    identities.map(({ channel, externalId }) => `identity/${tenantId}/${channel}/${externalId}`),
  );
}

/** Locks the set of a tenant's contacts against merges and erasures. Take it after the locks of identities. */
export function lockContacts(tx: Executor, tenantId: string): Promise<void> {
  return lockNames(tx, [`contacts/${tenantId}`]);
}

async function createContact(
  tx: Executor,
  newId: NewId,
  tenantId: string,
  identities: readonly Identity[],
): Promise<string> {
  const contactId = newId();
  await tx.insert(contacts).values({ id: contactId, tenantId });
  await assignIdentities(tx, newId, tenantId, identities, contactId);
  return contactId;
}

/** Splits the owners of the identities into the person and others. */
function partitionOwners(
  owners: readonly OwnedIdentity[],
  { current, previous }: ReportedIdentities,
  channelsOf: ReadonlyMap<string, ReadonlySet<string>>,
): { same: Set<string>; others: OwnedIdentity[] } {
  const isPreviousStable = previous.some(({ stable }) => stable);
  // The person owns the stable identities; if no previous identity is stable, also the previous ones.
  const matches = owners.filter(
    ({ identity }) => identity.stable || (!isPreviousStable && !isAmong(current, identity)),
  );
  const same = new Set(matches.map(({ contact }) => contact.id));
  const occupied = new Set<string>(
    [...current, ...previous].filter(({ stable }) => stable).map(({ channel }) => channel),
  );
  const occupy = (id: string) => channelsOf.get(id)?.forEach((channel) => occupied.add(channel));
  same.forEach(occupy);

  const others: OwnedIdentity[] = [];
  for (const owner of owners) {
    const { id } = owner.contact;
    if (same.has(id)) continue;
    // A contact with another stable identity on such a channel is someone else.
    const isOther = [...(channelsOf.get(id) ?? [])].some((channel) => occupied.has(channel));
    if (isOther) others.push(owner);
    else {
      same.add(id);
      occupy(id);
    }
  }
  return { same, others };
}

/** Clears the phone number or e-mail address of contacts that lost it as an identity. */
async function clearMovedFields(tx: Executor, moved: readonly OwnedIdentity[]): Promise<void> {
  for (const { identity, contact } of moved) {
    const cleared = {
      ...(contact.phone === identity.externalId ? { phone: null } : {}),
      ...(contact.email === identity.externalId ? { email: null } : {}),
    };
    if (Object.keys(cleared).length === 0) continue;
    await tx
      .update(contacts)
      .set({ ...cleared, updatedAt: sql`now()` })
      .where(eq(contacts.id, contact.id));
  }
}

function isAmong(identities: readonly Identity[], identity: Identity): boolean {
  return identities.some((candidate) => isSame(candidate, identity));
}
