import { type Person, permanent, type ThreadReference } from "@millrace/core";
import { accountOf } from "./account.ts";

/**
 * The thread of a message. A group has its own thread, separate from the direct threads of its members. Without a group
 * the thread is the direct one with the person.
 * @throws ProviderError permanent, if there is neither a group nor a person
 */
export function threadOf(
  metadata: { phone_number_id: string },
  groupId: string | undefined,
  person: Person | undefined,
): ThreadReference {
  const account = { owner: accountOf(metadata), channel: "whatsapp", accountId: metadata.phone_number_id } as const;
  if (groupId !== undefined) return { ...account, threadId: groupId, kind: "group", person };
  if (!person) throw permanent("the event has neither a phone number nor a user id", "no_identity");
  return { ...account, threadId: undefined, kind: "direct", person };
}
