import type { Identity, Person } from "@millrace/core";
import type { Contact } from "../inbound/schema.ts";

/** The user ids and phone numbers of a person in a webhook. Any of them may be withheld. */
export type ExternalIds = { userIds: readonly (string | undefined)[]; numbers: readonly (string | undefined)[] };

/**
 * A business-scoped user id (BSUID). If the number is withheld, Meta documents that `from` and `wa_id` are absent, but
 * some senders put the user id there.
 */
export const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]+$/;

/**
 * A person by their external ids, the stable ones first; undefined if there is none.
 *
 * Parent user ids are stable identities too. A person has another user id for each portfolio of a company, and the same
 * parent user id in all of them. Without it, one person would become two contacts, both with the same phone number.
 */
export function personOf({ userIds, numbers }: ExternalIds, contact?: Contact): Person | undefined {
  const given = [...numbers, contact?.wa_id].filter((id) => id !== undefined);
  const stable = [
    ...userIds,
    contact?.user_id,
    contact?.parent_user_id,
    ...given.filter((id) => BSUID.test(id)),
  ].filter((id) => id !== undefined);
  const transferable = given.filter((id) => !BSUID.test(id)).map((id) => id.replace(/^\+/, ""));
  const [first, ...others] = [...identities(stable, true), ...identities(transferable, false)];
  if (!first) return undefined;
  const profile = {
    name: contact?.profile?.name,
    username: contact?.profile?.username?.replace(/^@/, ""),
    phone: transferable.find((id) => /^\d{5,15}$/.test(id)),
  };
  return { identities: [first, ...others], profile };
}

function identities(ids: readonly string[], stable: boolean): Identity[] {
  return [...new Set(ids)].map((externalId) => ({ channel: "whatsapp", externalId, stable }));
}
