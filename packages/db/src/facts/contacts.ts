import { contactStore } from "../contacts/contacts.ts";
import type { Apply } from "./apply.ts";
import { resolvePerson, tenantOf } from "./threads.ts";

/** Merges the contacts that one person had under different identities. */
export const applyIdentitiesJoined: Apply<"identities_joined"> = async (tx, context, facts) => {
  for (const { owner, previous, current } of facts) {
    const tenantId = await tenantOf(tx, context, owner);
    await contactStore(tx, context).join(tenantId, previous, current.identities, current.profile);
  }
};

/** Records whether people accept marketing messages. */
export const applyMarketing: Apply<"marketing"> = async (tx, context, facts) => {
  for (const { owner, person, allowed, at } of facts) {
    const contactId = await resolvePerson(tx, context, await tenantOf(tx, context, owner), person);
    await contactStore(tx, context).setMarketing(contactId, allowed, at);
  }
};
