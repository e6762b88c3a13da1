import { eq, sql } from "drizzle-orm";
import type { Identity, NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { contacts } from "../schema/index.ts";
import { isSame, stableChannels, assignIdentities, type Owned, ownersOf, uniqueIdentities } from "./identities.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";
import { mergeContacts } from "./merge.ts";

/** What the platform calls a person, and what it says that it called them before. */
type Names = { current: readonly Identity[]; previous: readonly Identity[] };

/**
 * Decides who the person is when not all of their names are known to be one contact's yet. A stable name (BSUID)
 * decides; a transferable one (phone) follows it: numbers are given to new people, and WhatsApp may stop showing them.
 * Two stable names of one channel become one contact only if the platform names them together.
 */
export async function resolveContact(
  tx: Executor,
  following: EventContext,
  tenantId: string,
  names: Names,
): Promise<string> {
  const { newId } = following;
  const named = uniqueIdentities([...names.current, ...names.previous]);
  await lockIdentities(tx, tenantId, named);
  if ((await ownersOf(tx, tenantId, named)).length === 0) return make(tx, newId, tenantId, named);

  // A merge moves names that were not given here. Whoever changes existing contacts takes turns, and looks again.
  await lockContacts(tx, tenantId);
  const owners = await ownersOf(tx, tenantId, named);
  const channelsOf = await stableChannels(tx, [...new Set(owners.map(({ contact }) => contact.id))]);
  const { same, others } = tellApart(owners, names, channelsOf);

  // A name that the person bears now moves to them. One that they bore before may be someone else's by now.
  const moved = others.filter(({ identity }) => isAmong(names.current, identity));
  const left = others.filter((owner) => !moved.includes(owner)).map(({ identity }) => identity);
  const theirs = named.filter((identity) => !isAmong(left, identity));
  await forget(tx, moved);
  const [first, ...rest] = same;
  if (first === undefined) return make(tx, newId, tenantId, theirs);
  let contactId = first;
  for (const id of rest) contactId = await mergeContacts(tx, following, contactId, id);
  await assignIdentities(tx, newId, tenantId, theirs, contactId);
  return contactId;
}

/** Holds these names of people; see locks.ts. */
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

/** Holds off everybody else who changes which contacts there are. Behind the names. */
export function lockContacts(tx: Executor, tenantId: string): Promise<void> {
  return lockNames(tx, [`contacts/${tenantId}`]);
}

async function make(tx: Executor, newId: NewId, tenantId: string, identities: readonly Identity[]): Promise<string> {
  const contactId = newId();
  await tx.insert(contacts).values({ id: contactId, tenantId });
  await assignIdentities(tx, newId, tenantId, identities, contactId);
  return contactId;
}

/** Which owners of the names are the person, and which names belong to others. */
function tellApart(
  owners: readonly Owned[],
  { current, previous }: Names,
  channelsOf: ReadonlyMap<string, ReadonlySet<string>>,
): { same: Set<string>; others: Owned[] } {
  const previousLasts = previous.some(({ stable }) => stable);
  // Whom the platform means: the bearers of the stable names, and of the previous ones where none of those lasts.
  const meant = owners.filter(({ identity }) => identity.stable || (!previousLasts && !isAmong(current, identity)));
  const same = new Set(meant.map(({ contact }) => contact.id));
  const taken = new Set<string>([...current, ...previous].filter(({ stable }) => stable).map(({ channel }) => channel));
  const take = (id: string) => channelsOf.get(id)?.forEach((channel) => taken.add(channel));
  same.forEach(take);

  const others: Owned[] = [];
  for (const owner of owners) {
    const { id } = owner.contact;
    if (same.has(id)) continue;
    // Whoever has another stable name is someone else, who had this name before or has it now.
    const isOther = [...(channelsOf.get(id) ?? [])].some((channel) => taken.has(channel));
    if (isOther) others.push(owner);
    else {
      same.add(id);
      take(id);
    }
  }
  return { same, others };
}

/** Whoever had a number or an address before is not reached by it any more. */
async function forget(tx: Executor, moved: readonly Owned[]): Promise<void> {
  for (const { identity, contact } of moved) {
    const gone = {
      ...(contact.phone === identity.externalId ? { phone: null } : {}),
      ...(contact.email === identity.externalId ? { email: null } : {}),
    };
    if (Object.keys(gone).length === 0) continue;
    await tx
      .update(contacts)
      .set({ ...gone, updatedAt: sql`now()` })
      .where(eq(contacts.id, contact.id));
  }
}

function isAmong(identities: readonly Identity[], identity: Identity): boolean {
  return identities.some((candidate) => isSame(candidate, identity));
}
