import { permanent, type Stores, type Thread } from "@millrace/core";
import type { Person } from "./identity.ts";

/** The thread of a message, and who wrote it or whom it was written to. */
type Place = { thread: Pick<Thread, "threadId" | "kind" | "contactId">; contactId: string | undefined };

/**
 * Finds the thread of a message. A group is a thread of its own and never joined to its members' direct ones; without
 * a group it is the direct one with the person.
 * @throws ProviderError permanent, when there is neither
 */
export function threadOf(
  groupId: string | undefined,
  person: Person | undefined,
): (stores: Stores, tenantId: string) => Promise<Place> {
  const resolve = (stores: Stores, tenantId: string, { identities, profile }: Person) =>
    stores.contacts.resolve(tenantId, identities, profile);
  if (groupId !== undefined) {
    return async (stores, tenantId) => ({
      thread: { threadId: groupId, kind: "group" },
      contactId: person && (await resolve(stores, tenantId, person)),
    });
  }
  if (!person) throw permanent("it names nobody: neither a number nor a user id", "nobody");
  return async (stores, tenantId) => {
    const contactId = await resolve(stores, tenantId, person);
    return { thread: { threadId: contactId, kind: "direct", contactId }, contactId };
  };
}
