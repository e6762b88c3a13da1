import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import {
  cases,
  contactIdentities,
  contacts,
  conversations,
  conversionUploads,
  leads,
  messages,
  threadStates,
  aiTurns,
} from "../schema/index.ts";
import { eraseMessages, type FileToErase, filesOf } from "./messages.ts";
import { accountsElsewhere } from "./jobs-about-contact.ts";
import { ERASED, type RowCounts, type PersonalData } from "./personal-data-matcher.ts";
import { lockContacts, lockIdentities } from "../contacts/resolve.ts";
import { OPEN_TURN } from "../assistant/debounce.ts";

/** What is left to do once a contact's own rows are erased. */
export type LeftToErase = PersonalData & {
  tenantId: string;
  /** Groups that they wrote in, whose other messages may quote them. */
  groups: readonly string[];
  /** How they are addressed, which tells too little to be looked for anywhere else. */
  called: readonly string[];
  files: readonly FileToErase[];
};

type Conversation = typeof conversations.$inferSelect;

/**
 * Empties a contact's own rows and gives them to one that is nobody; undefined when there is no such contact. A new row,
 * and not the old one emptied: whoever waits for the old one to write to it finds it gone, as after a merge, and makes
 * a new contact.
 */
export async function eraseContact(
  tx: Executor,
  newId: NewId,
  contactId: string,
): Promise<{ left: LeftToErase; rows: RowCounts } | undefined> {
  const identities = await holdContact(tx, contactId);
  const [contact] = await tx.select().from(contacts).where(eq(contacts.id, contactId)).for("update");
  if (!contact) return undefined;
  const { tenantId, createdAt } = contact;
  const threads = await tx
    .select()
    .from(conversations)
    .where(eq(conversations.contactId, contactId))
    .orderBy(conversations.id)
    .for("update");
  const theirLeads = await tx.select().from(leads).where(eq(leads.contactId, contactId));
  const threadIds = threads.map(({ threadId }) => threadId).filter((threadId) => threadId !== contactId);
  const names = [
    ...identities.filter(({ channel }) => channel !== "meta").map(({ externalId }) => externalId),
    ...[contact, ...theirLeads].flatMap(({ phone, email }) => [phone, email]),
    ...threadIds,
  ].filter((name) => name !== null);
  const theirs = await tx
    .select()
    .from(messages)
    .where(or(inArray(messages.conversationId, idsOf(threads)), eq(messages.contactId, contactId)));
  const theirTurns = await tx
    .select({ id: aiTurns.id })
    .from(aiTurns)
    .where(inArray(aiTurns.conversationId, idsOf(threads)));

  const heir = newId();
  await tx.insert(contacts).values({ id: heir, tenantId, name: "erased", createdAt });
  const left: LeftToErase = {
    tenantId,
    names: await onlyTheirs(tx, contactId, [...new Set(names)]),
    ids: [
      contactId,
      ...[threads, theirs, theirTurns, theirLeads].flatMap(idsOf),
      ...[...theirs, ...theirLeads].flatMap(({ externalId }) => externalId ?? []),
    ],
    groups: [...new Set(theirs.map(({ conversationId }) => conversationId))].filter(
      (id) => !idsOf(threads).includes(id),
    ),
    called: [contact.name, contact.username].filter((name) => name !== null),
    files: filesOf(theirs),
  };
  await eraseLeads(tx, contactId, heir);
  const rows = {
    contacts: 1,
    contact_identities: await eraseIdentities(tx, newId, contactId, heir),
    cases: await eraseCases(tx, contactId, heir),
    leads: theirLeads.length,
    conversion_uploads: await eraseConversions(tx, idsOf(theirLeads), idsOf(threads)),
    ...(await eraseMessages(tx, theirs, contactId, heir)),
    ...(await eraseThreads(tx, newId, threads, contactId, heir)),
    thread_states: await eraseFacts(tx, newId, tenantId, identities),
  };
  await tx.delete(contacts).where(eq(contacts.id, contactId));
  return { left, rows };
}

/** Their names, held in the order of those who settle who a person is, so that nobody gives them a new one meanwhile. */
async function holdContact(tx: Executor, contactId: string) {
  const identities = () =>
    tx
      .select({
        tenantId: contactIdentities.tenantId,
        channel: contactIdentities.channel,
        externalId: contactIdentities.externalId,
      })
      .from(contactIdentities)
      .where(eq(contactIdentities.contactId, contactId));
  const known = await identities();
  const [first] = known;
  if (!first) return known;
  await lockIdentities(tx, first.tenantId, known);
  await lockContacts(tx, first.tenantId);
  return identities();
}

/** Without those that another contact bears too, of whatever tenant: what is found by them may tell of that one. */
async function onlyTheirs(tx: Executor, contactId: string, names: readonly string[]): Promise<string[]> {
  const shared = await tx.execute<{ name: string }>(sql`
    select word as name from unnest(${sql.param([...names])}::text[]) as named (word)
    where exists (select from ${contactIdentities} where external_id = word and contact_id <> ${contactId})
      or exists (select from ${contacts} where lower(word) in (phone, lower(email)) and id <> ${contactId})
      or exists (select from ${leads} where lower(word) in (phone, lower(email)) and contact_id <> ${contactId})`);
  return names.filter((name) => !shared.some((other) => other.name === name));
}

async function eraseIdentities(tx: Executor, newId: NewId, contactId: string, heir: string): Promise<number> {
  const rows = await tx
    .select({ id: contactIdentities.id })
    .from(contactIdentities)
    .where(eq(contactIdentities.contactId, contactId));
  for (const { id } of rows)
    await tx
      .update(contactIdentities)
      .set({ contactId: heir, externalId: `erased/${newId()}` })
      .where(eq(contactIdentities.id, id));
  return rows.length;
}

async function eraseCases(tx: Executor, contactId: string, heir: string): Promise<number> {
  const rows = await tx
    .update(cases)
    .set({ contactId: heir })
    .where(eq(cases.contactId, contactId))
    .returning({ id: cases.id });
  return rows.length;
}

/** The platform's id of a lead stays: by it the lead is not written anew when it comes again. */
async function eraseLeads(tx: Executor, contactId: string, heir: string): Promise<void> {
  const nobody = { fullName: null, email: null, phone: null, clickKind: null, clickId: null };
  await tx
    .update(leads)
    .set({ contactId: heir, ...nobody, answers: {}, consents: {}, payload: ERASED })
    .where(eq(leads.contactId, contactId));
}

/** Their click is not uploaded any more; of what is uploaded the counts stay, for the books. */
async function eraseConversions(tx: Executor, leadIds: string[], conversationIds: string[]): Promise<number> {
  const waits = inArray(conversionUploads.status, ["queued", "held"]);
  const rows = await tx
    .update(conversionUploads)
    .set({
      payload: ERASED,
      status: sql`case when ${waits} then 'rejected' else ${conversionUploads.status} end`,
      error: sql`case when ${waits} then 'erased' else ${conversionUploads.error} end`,
      updatedAt: sql`now()`,
    })
    .where(or(inArray(conversionUploads.leadId, leadIds), inArray(conversionUploads.conversationId, conversationIds)))
    .returning({ id: conversionUploads.id });
  return rows.length;
}

/** Nothing is asked or sent there any more, also by a worker that has begun. */
async function eraseThreads(
  tx: Executor,
  newId: NewId,
  threads: readonly Conversation[],
  contactId: string,
  heir: string,
): Promise<RowCounts> {
  for (const { id, channel, accountId, threadId, epoch } of threads) {
    const erased = threadId === contactId ? heir : tombstone(channel, newId);
    await tx
      .update(conversations)
      .set({
        contactId: heir,
        threadId: erased,
        title: null,
        clickKind: null,
        clickId: null,
        mode: "human",
        epoch: epoch + 1,
        reachable: false,
        updatedAt: sql`now()`,
      })
      .where(eq(conversations.id, id));
    await tx
      .update(threadStates)
      .set({ threadId: erased, updatedAt: sql`now()` })
      .where(
        and(
          eq(threadStates.channel, channel),
          eq(threadStates.accountId, accountId),
          eq(threadStates.threadId, threadId),
        ),
      );
  }
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(inArray(aiTurns.conversationId, idsOf(threads)), inArray(aiTurns.state, OPEN_TURN)));
  return { conversations: threads.length };
}

/** What Telegram told of their chats that have no conversation: a private chat has the id of the person. */
async function eraseFacts(
  tx: Executor,
  newId: NewId,
  tenantId: string,
  identities: readonly { channel: string; externalId: string }[],
): Promise<number> {
  const isElsewhere = await accountsElsewhere(tx, tenantId);
  const userIds = identities.filter(({ channel }) => channel === "telegram").map(({ externalId }) => externalId);
  const isTold = and(eq(threadStates.channel, "telegram"), inArray(threadStates.threadId, userIds));
  const told = await tx.select().from(threadStates).where(isTold);
  const theirs = told.filter(({ accountId }) => !isElsewhere("telegram", accountId));
  for (const { accountId, threadId } of theirs)
    await tx
      .update(threadStates)
      .set({ threadId: tombstone("telegram", newId), updatedAt: sql`now()` })
      .where(and(isTold, eq(threadStates.accountId, accountId), eq(threadStates.threadId, threadId)));
  return theirs.length;
}

/** The id of no thread. Telegram's are numbers of at most 52 bits: https://core.telegram.org/bots/api#chat */
function tombstone(channel: Conversation["channel"], newId: NewId): string {
  const id = newId();
  return channel === "telegram" ? String(BigInt(`0x1${id.replaceAll("-", "").slice(-15)}`)) : `erased/${id}`;
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
