import type { Identity, Profile } from "@millrace/core";
import type { Contact } from "../inbound/schema.ts";

/** Every name of a person that a webhook tells; any of them may be withheld. */
export type Names = { userIds: readonly (string | undefined)[]; numbers: readonly (string | undefined)[] };

/** Someone with at least one name. */
export type Person = { identities: readonly [Identity, ...Identity[]]; profile: Profile };

/**
 * A business-scoped user id. Meta's pages leave `from` and `wa_id` out where the number is withheld, some senders put
 * the user id there instead.
 */
export const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]+$/;

/**
 * A person by their names, the stable ones first; undefined when there is none.
 *
 * Parent user ids count as stable names too: a person has another user id for each of a company's portfolios, and the
 * parent's is the same in all of them. Without it, the numbers of two portfolios would take one person for two, who
 * own the same telephone.
 */
export function personOf({ userIds, numbers }: Names, contact?: Contact): Person | undefined {
  const names = [...numbers, contact?.wa_id].filter((name) => name !== undefined);
  const stable = [
    ...userIds,
    contact?.user_id,
    contact?.parent_user_id,
    ...names.filter((name) => BSUID.test(name)),
  ].filter((name) => name !== undefined);
  const transferable = names.filter((name) => !BSUID.test(name)).map((name) => name.replace(/^\+/, ""));
  const [first, ...others] = [...identities(stable, true), ...identities(transferable, false)];
  if (!first) return undefined;
  const profile = {
    name: contact?.profile?.name,
    username: contact?.profile?.username?.replace(/^@/, ""),
    phone: transferable.find((name) => /^\d{5,15}$/.test(name)),
  };
  return { identities: [first, ...others], profile };
}

function identities(names: readonly string[], stable: boolean): Identity[] {
  return [...new Set(names)].map((externalId) => ({ channel: "whatsapp", externalId, stable }));
}
