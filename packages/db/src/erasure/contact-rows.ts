import { eq, inArray, or, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { contactIdOf } from "../contacts/aliases.ts";
import { lockContacts, lockIdentities } from "../contacts/resolve.ts";
import {
  aiTurns,
  cases,
  contactAliases,
  contactIdentities,
  contacts,
  conversationAliases,
  conversations,
  conversionUploads,
  leads,
  messages,
} from "../schema/index.ts";
import { eraseConversations, eraseThreadStates } from "./conversation-rows.ts";
import { ERASED } from "./erased-values.ts";
import { filesOf } from "./files.ts";
import { eraseMessages } from "./message-rows.ts";
import type { ErasureScope, RowCounts } from "./scope.ts";

/**
 * Erases a contact's own rows and assigns them to an anonymous replacement; undefined when the contact does not exist. The
 * id of a merged contact erases the one that it became, and no longer leads to it.
 * The replacement is a new row, so that a transaction that waits for the contact's row finds it deleted, as after a
 * merge, and creates a new contact.
 */
export async function eraseContact(
  tx: Executor,
  newId: NewId,
  named: string,
): Promise<{ contactId: string; scope: ErasureScope; rows: RowCounts } | undefined> {
  const [found] = await tx
    .select({ id: contacts.id })
    .from(contacts)
    .where(eq(contacts.id, contactIdOf(named)));
  if (!found) return undefined;
  const contactId = found.id;
  const identities = await lockContact(tx, contactId);
  const [contact] = await tx.select().from(contacts).where(eq(contacts.id, contactId)).for("update");
  if (!contact) return undefined;
  const { tenantId, createdAt } = contact;
  const owned = await rowsOf(tx, contactId);
  const replacementId = newId();
  await tx.insert(contacts).values({ id: replacementId, tenantId, name: "erased", createdAt });
  const scope = await scopeOf(tx, contact, identities, owned);
  const erased = { contactId, replacementId };
  await eraseLeads(tx, contactId, replacementId);
  const rows = {
    contacts: 1,
    contact_identities: await eraseIdentities(tx, newId, contactId, replacementId),
    cases: await eraseCases(tx, contactId, replacementId),
    leads: owned.leads.length,
    conversion_uploads: await eraseConversions(tx, idsOf(owned.leads), idsOf(owned.conversations)),
    ...(await eraseMessages(tx, owned.messages, contactId, replacementId)),
    conversations: await eraseConversations(tx, newId, owned.conversations, erased),
    thread_states: await eraseThreadStates(tx, newId, tenantId, identities),
  };
  // The contact's aliases are deleted with it.
  await tx.delete(contacts).where(eq(contacts.id, contactId));
  return { contactId, scope, rows };
}

type Identity = { channel: string; externalId: string };

type OwnedRows = Awaited<ReturnType<typeof rowsOf>>;

/** Reads the contact's rows. The lock on its conversations keeps messages and takeovers out. */
async function rowsOf(tx: Executor, contactId: string) {
  const threads = await tx
    .select()
    .from(conversations)
    .where(eq(conversations.contactId, contactId))
    .orderBy(conversations.id)
    .for("update");
  const ofThreads = inArray(conversationAliases.conversationId, idsOf(threads));
  return {
    conversations: threads,
    aliases: [
      ...(await tx
        .select({ id: contactAliases.id })
        .from(contactAliases)
        .where(eq(contactAliases.contactId, contactId))),
      ...(await tx.select({ id: conversationAliases.id }).from(conversationAliases).where(ofThreads)),
    ],
    leads: await tx.select().from(leads).where(eq(leads.contactId, contactId)),
    messages: await tx
      .select()
      .from(messages)
      .where(or(inArray(messages.conversationId, idsOf(threads)), eq(messages.contactId, contactId))),
    aiTurns: await tx
      .select({ id: aiTurns.id })
      .from(aiTurns)
      .where(inArray(aiTurns.conversationId, idsOf(threads))),
  };
}

async function scopeOf(
  tx: Executor,
  contact: typeof contacts.$inferSelect,
  identities: readonly Identity[],
  owned: OwnedRows,
): Promise<ErasureScope> {
  const conversationIds = idsOf(owned.conversations);
  const threadIds = owned.conversations.map(({ threadId }) => threadId).filter((threadId) => threadId !== contact.id);
  const leadIds = owned.leads.flatMap(({ externalId }) => externalId ?? []);
  const names = [
    // A lead without an address or a number has its own id as identity. The id is not a name that others use.
    ...identities.map(({ externalId }) => externalId).filter((externalId) => !leadIds.includes(externalId)),
    ...[contact, ...owned.leads].flatMap(({ phone, email }) => [phone, email]),
    ...threadIds,
  ].filter((name) => name !== null);
  return {
    tenantId: contact.tenantId,
    isContactErased: true,
    names: await withoutShared(tx, contact.id, [...new Set(names)]),
    ids: [
      contact.id,
      ...[owned.conversations, owned.aliases, owned.messages, owned.aiTurns, owned.leads].flatMap(idsOf),
      ...owned.messages.flatMap(({ externalId }) => externalId ?? []),
      ...leadIds,
    ],
    groups: [...new Set(owned.messages.map(({ conversationId }) => conversationId))].filter(
      (id) => !conversationIds.includes(id),
    ),
    called: [contact.name, contact.username].filter((name) => name !== null),
    files: filesOf(owned.messages),
  };
}

/**
 * Locks a contact's identities, in the order in which resolveContact locks them, so that it gets no new identity. Returns
 * the identities.
 */
async function lockContact(tx: Executor, contactId: string) {
  const read = () =>
    tx
      .select({
        tenantId: contactIdentities.tenantId,
        channel: contactIdentities.channel,
        externalId: contactIdentities.externalId,
      })
      .from(contactIdentities)
      .where(eq(contactIdentities.contactId, contactId));
  const known = await read();
  const [first] = known;
  if (!first) return known;
  await lockIdentities(tx, first.tenantId, known);
  await lockContacts(tx, first.tenantId);
  return read();
}

/** Removes names that another contact of any tenant also has: rows found by them may be about that contact. */
async function withoutShared(tx: Executor, contactId: string, names: readonly string[]): Promise<string[]> {
  const shared = await tx.execute<{ name: string }>(sql`
    select word as name from unnest(${sql.param([...names])}::text[]) as named (word)
    where exists (select from ${contactIdentities}
        where lower(external_id) = lower(word) and external_id = word and contact_id <> ${contactId})
      or exists (select from ${contacts} where lower(word) in (phone, lower(email)) and id <> ${contactId})
      or exists (select from ${leads} where lower(word) in (phone, lower(email)) and contact_id <> ${contactId})`);
  return names.filter((name) => !shared.some((other) => other.name === name));
}

async function eraseIdentities(tx: Executor, newId: NewId, contactId: string, replacementId: string): Promise<number> {
  const rows = await tx
    .select({ id: contactIdentities.id })
    .from(contactIdentities)
    .where(eq(contactIdentities.contactId, contactId));
  for (const { id } of rows)
    await tx
      .update(contactIdentities)
      .set({ contactId: replacementId, externalId: `erased/${newId()}` })
      .where(eq(contactIdentities.id, id));
  return rows.length;
}

async function eraseCases(tx: Executor, contactId: string, replacementId: string): Promise<number> {
  const rows = await tx
    .update(cases)
    .set({ contactId: replacementId })
    .where(eq(cases.contactId, contactId))
    .returning({ id: cases.id });
  return rows.length;
}

/** Keeps the platform's id of each lead, so that a redelivery of the lead changes nothing. */
async function eraseLeads(tx: Executor, contactId: string, replacementId: string): Promise<void> {
  const cleared = { fullName: null, email: null, phone: null, clickKind: null, clickId: null };
  await tx
    .update(leads)
    .set({ contactId: replacementId, ...cleared, answers: {}, consents: {}, payload: ERASED })
    .where(eq(leads.contactId, contactId));
}

/** Rejects conversions that are not uploaded yet. Uploaded ones keep their value for accounting. */
async function eraseConversions(tx: Executor, leadIds: string[], conversationIds: string[]): Promise<number> {
  const isPending = inArray(conversionUploads.status, ["queued", "held"]);
  const rows = await tx
    .update(conversionUploads)
    .set({
      payload: ERASED,
      status: sql`case when ${isPending} then 'rejected' else ${conversionUploads.status} end`,
      error: sql`case when ${isPending} then 'erased' else ${conversionUploads.error} end`,
      updatedAt: sql`now()`,
    })
    .where(or(inArray(conversionUploads.leadId, leadIds), inArray(conversionUploads.conversationId, conversationIds)))
    .returning({ id: conversionUploads.id });
  return rows.length;
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
