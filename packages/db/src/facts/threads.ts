import type { AccountReference, Activity, Person, Thread, ThreadReference } from "@millrace/core";
import { permanent } from "@millrace/core";
import { accountStore } from "../accounts/accounts.ts";
import type { Executor } from "../connection/database.ts";
import { contactStore } from "../contacts/contacts.ts";
import { conversationStore } from "../conversations/conversations.ts";
import type { EventContext } from "../inbox/event-context.ts";

/** A thread with its tenant and its contact. */
export type ResolvedThread = { thread: Thread; contactId: string | undefined };

/**
 * Finds the tenant of the account, and the contact of the person.
 * @throws ProviderError permanent if no tenant owns the account, or the thread has neither an id nor a person
 */
export async function resolveThread(
  tx: Executor,
  context: EventContext,
  { owner, person, channel, accountId, threadId, kind, title }: ThreadReference,
): Promise<ResolvedThread> {
  const tenantId = await tenantOf(tx, context, owner);
  const contactId = person && (await resolvePerson(tx, context, tenantId, person));
  const id = threadId ?? contactId;
  if (id === undefined) throw permanent("the event names neither a chat nor a person", "no_identity");
  const thread = { tenantId, channel, accountId, threadId: id, kind, title };
  return { thread: kind === "direct" ? { ...thread, contactId } : thread, contactId };
}

/** Finds the thread's conversation, or opens one, and records the activity. */
export async function openThread(
  tx: Executor,
  context: EventContext,
  reference: ThreadReference,
  activity: Activity,
): Promise<ResolvedThread & { conversationId: string }> {
  const resolved = await resolveThread(tx, context, reference);
  const conversationId = await conversationStore(tx, context).open(resolved.thread, activity);
  return { ...resolved, conversationId };
}

/** Returns the contact with the person's identities, and creates it when there is none. */
export function resolvePerson(
  tx: Executor,
  context: EventContext,
  tenantId: string,
  { identities, profile }: Person,
): Promise<string> {
  return contactStore(tx, context).resolve(tenantId, identities, profile);
}

/** Returns the tenant that owns the account; a lookup that has begun with the transaction is awaited. */
export function tenantOf(tx: Executor, context: EventContext, owner: AccountReference): Promise<string> {
  return context.tenants?.get(tenantKey(owner)) ?? accountStore(tx).tenantOf(owner);
}

/** The key of an account in {@link EventContext.tenants}. */
export function tenantKey({ provider, externalId }: AccountReference): string {
  return `${provider}/${externalId}`;
}
