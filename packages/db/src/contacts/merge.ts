import { and, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { cases, contactIdentities, contacts, conversations, leads } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";
import { mergeConversations } from "../conversations/merge.ts";

type Contact = typeof contacts.$inferSelect;

/**
 * Makes two contacts one and returns it: the older (UUIDv7 sort by time), so that the result does not depend on which
 * of two webhooks was worked on first. Whatever pointed to the other points to it afterwards.
 */
export async function mergeContacts(tx: Executor, following: EventContext, one: string, two: string): Promise<string> {
  // Waits for transactions that write to either: what they write is moved too, and none can begin before this one ends.
  const rows = await tx
    .select()
    .from(contacts)
    .where(inArray(contacts.id, [one, two]))
    .orderBy(contacts.id)
    .for("update");
  const [survivor, other] = rows;
  if (!survivor || !other) return survivor?.id ?? one;

  await mergeThreads(tx, following, survivor.id, other.id);
  const toSurvivor = { contactId: survivor.id };
  await tx.update(contactIdentities).set(toSurvivor).where(eq(contactIdentities.contactId, other.id));
  await tx.update(conversations).set(toSurvivor).where(eq(conversations.contactId, other.id));
  await tx.update(messages).set(toSurvivor).where(eq(messages.contactId, other.id));
  await tx.update(cases).set(toSurvivor).where(eq(cases.contactId, other.id));
  await tx.update(leads).set(toSurvivor).where(eq(leads.contactId, other.id));
  await tx
    .update(contacts)
    .set({ ...bothProfiles(survivor, other), updatedAt: sql`now()` })
    .where(eq(contacts.id, survivor.id));
  await tx.delete(contacts).where(eq(contacts.id, other.id));
  return survivor.id;
}

/** On a channel without chats a thread is named after its contact: it is renamed, or joined with the survivor's. */
async function mergeThreads(tx: Executor, following: EventContext, survivor: string, other: string): Promise<void> {
  const threads = await tx
    .select({
      id: conversations.id,
      channel: conversations.channel,
      accountId: conversations.accountId,
      threadId: conversations.threadId,
    })
    .from(conversations)
    .where(
      and(
        inArray(conversations.contactId, [survivor, other]),
        eq(conversations.threadId, sql`${conversations.contactId}::text`),
      ),
    );
  for (const thread of threads.filter(({ threadId }) => threadId === other)) {
    const twin = threads.find(
      ({ threadId, channel, accountId }) =>
        threadId === survivor && channel === thread.channel && accountId === thread.accountId,
    );
    if (twin) await mergeConversations(tx, following, twin.id, thread.id);
    else await tx.update(conversations).set({ threadId: survivor }).where(eq(conversations.id, thread.id));
  }
}

/** What the survivor lacks comes from the other; the later word on marketing wins, of two at once the refusal. */
function bothProfiles(survivor: Contact, other: Contact): Partial<Contact> {
  const told = (contact: Contact) => contact.marketingChangedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const word = told(other) > told(survivor) || (told(other) === told(survivor) && other.marketingAllowed === false);
  const { marketingAllowed, marketingChangedAt } = word ? other : survivor;
  return {
    name: survivor.name ?? other.name,
    username: survivor.username ?? other.username,
    phone: survivor.phone ?? other.phone,
    email: survivor.email ?? other.email,
    marketingAllowed,
    marketingChangedAt,
  };
}
