import { eq } from "drizzle-orm";
import type { NewId, NewLead } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { leads } from "../schema/index.ts";
import { clickFrom, clickTo } from "../conversations/click-columns.ts";

/** Leads, each written once. */
export type LeadStore = {
  /** Returns what a conversion needs from a lead; undefined when there is no lead with this id. */
  find(id: string): Promise<Pick<NewLead, "tenantId" | "click" | "consents"> | undefined>;
  /** Writes a lead unless it exists. */
  add(lead: NewLead): Promise<void>;
};

/** {@link LeadStore} on the table leads. */
export function leadStore(tx: Executor, newId: NewId): LeadStore {
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
        row && { tenantId: row.tenantId, consents: row.consents as Record<string, boolean>, click: clickFrom(row) }
      );
    },

    async add({ click, ...lead }) {
      await tx
        .insert(leads)
        .values({ id: newId(), ...lead, ...clickTo(click) })
        .onConflictDoNothing();
    },
  };
}
