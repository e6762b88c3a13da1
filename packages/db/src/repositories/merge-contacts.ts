import { and, eq, inArray } from "drizzle-orm";
import type { Executor } from "../database.ts";
import { cases, contactIdentities, contacts, conversations, leads } from "../schema/index.ts";
import { messages } from "../schema/messages.ts";
import { mergeConversations } from "./merge-conversations.ts";

/**
 * Makes two contacts one and returns it: the older (UUIDv7 sort by time), so that the result does not depend on which
 * of two webhooks was worked on first. Whatever pointed to the other points to it afterwards.
 */
export async function mergeContacts(tx: Executor, one: string, two: string): Promise<string> {
  if (one === two) return one;
  const [survivor, other] = one < two ? [one, two] : [two, one];

  const threads = await tx
    .select({
      id: conversations.id,
      channel: conversations.channel,
      accountId: conversations.accountId,
      threadId: conversations.threadId,
    })
    .from(conversations)
    .where(inArray(conversations.threadId, [survivor, other]));
  for (const thread of threads.filter((candidate) => candidate.threadId === other)) {
    const twin = threads.find(
      (candidate) =>
        candidate.threadId === survivor &&
        candidate.channel === thread.channel &&
        candidate.accountId === thread.accountId,
    );
    if (twin) await mergeConversations(tx, twin.id, thread.id);
    else await tx.update(conversations).set({ threadId: survivor }).where(eq(conversations.id, thread.id));
  }

  const toSurvivor = { contactId: survivor };
  await tx.update(contactIdentities).set(toSurvivor).where(eq(contactIdentities.contactId, other));
  await tx.update(conversations).set(toSurvivor).where(eq(conversations.contactId, other));
  await tx.update(messages).set(toSurvivor).where(eq(messages.contactId, other));
  await tx.update(cases).set(toSurvivor).where(eq(cases.contactId, other));
  await tx.update(leads).set(toSurvivor).where(eq(leads.contactId, other));
  await carryOver(tx, survivor, other);
  await tx.delete(contacts).where(eq(contacts.id, other));
  return survivor;
}

/** Fills what the survivor lacks from the other; the later word on marketing wins. */
async function carryOver(tx: Executor, survivor: string, other: string): Promise<void> {
  const rows = await tx
    .select()
    .from(contacts)
    .where(inArray(contacts.id, [survivor, other]));
  const kept = rows.find((row) => row.id === survivor);
  const gone = rows.find((row) => row.id === other);
  if (!kept || !gone) return;
  const later = (gone.marketingChangedAt?.getTime() ?? 0) > (kept.marketingChangedAt?.getTime() ?? 0) ? gone : kept;
  await tx
    .update(contacts)
    .set({
      name: kept.name ?? gone.name,
      username: kept.username ?? gone.username,
      phone: kept.phone ?? gone.phone,
      email: kept.email ?? gone.email,
      marketingAllowed: later.marketingAllowed,
      marketingChangedAt: later.marketingChangedAt,
    })
    .where(and(eq(contacts.id, survivor)));
}
