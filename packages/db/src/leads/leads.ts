import { eq } from "drizzle-orm";
import type { NewLead } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { leads } from "../schema/index.ts";
import { clickFrom, clickTo } from "../conversations/click-columns.ts";

/** Leads, each written once. */
export type LeadStore = {
  /** Returns what a conversion needs from a lead; undefined when there is no lead with this id. */
  find(id: string): Promise<(Pick<NewLead, "tenantId" | "click" | "consents"> & { id: string }) | undefined>;
  /** Writes a lead unless it exists. */
  add(lead: NewLead): Promise<void>;
};

/** {@link LeadStore} on the table leads. */
export function leadStore(tx: Executor, { newId, domainEvents }: EventContext): LeadStore {
  return {
    async find(id) {
      const [row] = await tx
        .select({
          tenantId: leads.tenantId,
          consents: leads.consents,
          clickKind: leads.clickKind,
          clickId: leads.clickId,
        })
        .from(leads)
        .where(eq(leads.id, id));
      return (
        row && { id, tenantId: row.tenantId, consents: row.consents as Record<string, boolean>, click: clickFrom(row) }
      );
    },

    async add({ click, ...lead }) {
      const [added] = await tx
        .insert(leads)
        .values({ id: newId(), ...lead, ...clickTo(click) })
        .onConflictDoNothing()
        .returning({ id: leads.id });
      const { tenantId, contactId, source } = lead;
      if (added)
        domainEvents.push({ type: "lead.created", tenantId, subjectId: added.id, payload: { contactId, source } });
    },
  };
}
