import { permanent, type Stores, type Thread } from "@millrace/core";
import type { Person } from "./identity.ts";

/** The thread of a message, and the contact who wrote or received it. */
type ResolvedThread = { thread: Pick<Thread, "threadId" | "kind" | "contactId">; contactId: string | undefined };

/**
 * Finds the thread of a message. A group has its own thread, separate from the direct threads of its members. Without a
 * group the thread is the direct one with the person.
 * @throws ProviderError permanent, if there is neither a group nor a person
 */
export function threadOf(
  groupId: string | undefined,
  person: Person | undefined,
): (stores: Stores, tenantId: string) => Promise<ResolvedThread> {
  const resolve = (stores: Stores, tenantId: string, { identities, profile }: Person) =>
    stores.contacts.resolve(tenantId, identities, profile);
  if (groupId !== undefined) {
    return async (stores, tenantId) => ({
      thread: { threadId: groupId, kind: "group" },
      contactId: person && (await resolve(stores, tenantId, person)),
    });
  }
  if (!person) throw permanent("the event has neither a phone number nor a user id", "no_identity");
  return async (stores, tenantId) => {
    const contactId = await resolve(stores, tenantId, person);
    return { thread: { threadId: contactId, kind: "direct", contactId }, contactId };
  };
}
