import { leadStore } from "../leads/leads.ts";
import type { Apply } from "./apply.ts";
import { resolvePerson, tenantOf } from "./threads.ts";

/** Writes leads with their contacts. */
export const applyLeads: Apply<"lead"> = async (tx, context, facts) => {
  for (const { owner, person, lead } of facts) {
    const tenantId = await tenantOf(tx, context, owner);
    const contactId = await resolvePerson(tx, context, tenantId, person);
    await leadStore(tx, context).add({ ...lead, tenantId, contactId });
  }
};
