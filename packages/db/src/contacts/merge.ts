import { and, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../connection/database.ts";
import { cases, contactIdentities, contacts, conversations, leads } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { addContactAlias } from "./aliases.ts";
import { mergeConversations } from "../conversations/merge.ts";

type Contact = typeof contacts.$inferSelect;

/**
 * Merges two contacts and returns the id of the survivor, the older one (UUIDv7 sort by time), so that the result does
 * not depend on the order of two webhooks. Rows of the other contact refer to the survivor afterwards.
 */
export async function mergeContacts(tx: Executor, context: EventContext, one: string, two: string): Promise<string> {
  // The row locks wait for transactions that write to either contact, so that their rows are moved too.
  const rows = await tx
    .select()
    .from(contacts)
    .where(inArray(contacts.id, [one, two]))
    .orderBy(contacts.id)
    .for("update");
  const [survivor, other] = rows;
  if (!survivor || !other) return survivor?.id ?? one;

  await mergeThreads(tx, context, survivor.id, other.id);
  const toSurvivor = { contactId: survivor.id };
  await tx.update(contactIdentities).set(toSurvivor).where(eq(contactIdentities.contactId, other.id));
  await tx.update(conversations).set(toSurvivor).where(eq(conversations.contactId, other.id));
  await tx.update(messages).set(toSurvivor).where(eq(messages.contactId, other.id));
  await tx.update(cases).set(toSurvivor).where(eq(cases.contactId, other.id));
  await tx.update(leads).set(toSurvivor).where(eq(leads.contactId, other.id));
  await tx
    .update(contacts)
    .set({ ...mergedProfile(survivor, other), updatedAt: sql`now()` })
    .where(eq(contacts.id, survivor.id));
  await addContactAlias(tx, other.id, survivor.id);
  await tx.delete(contacts).where(eq(contacts.id, other.id));
  return survivor.id;
}

/** On a channel without chat ids, a thread's id is its contact's: it becomes the survivor's, or the two are merged. */
async function mergeThreads(tx: Executor, context: EventContext, survivor: string, other: string): Promise<void> {
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
    if (twin) await mergeConversations(tx, context, twin.id, thread.id);
    else await tx.update(conversations).set({ threadId: survivor }).where(eq(conversations.id, thread.id));
  }
}

/** Fills empty fields from the other contact. The later marketing choice wins; of two at one time, the opt-out. */
function mergedProfile(survivor: Contact, other: Contact): Partial<Contact> {
  const [otherAt, survivorAt] = [marketingTime(other), marketingTime(survivor)];
  const isOtherLater = otherAt > survivorAt || (otherAt === survivorAt && other.marketingAllowed === false);
  const { marketingAllowed, marketingChangedAt } = isOtherLater ? other : survivor;
  return {
    name: survivor.name ?? other.name,
    username: survivor.username ?? other.username,
    phone: survivor.phone ?? other.phone,
    email: survivor.email ?? other.email,
    marketingAllowed,
    marketingChangedAt,
  };
}

function marketingTime(contact: Contact): number {
  return contact.marketingChangedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
}
