import type { LeadStore, NewId } from "@millrace/core";
import type { Executor } from "../database.ts";
import { leads } from "../schema/index.ts";

/** {@link LeadStore} on the table leads. */
export function leadStore(tx: Executor, newId: NewId): LeadStore {
  return {
    async add(lead) {
      await tx
        .insert(leads)
        .values({ id: newId(), ...lead })
        .onConflictDoNothing();
    },
  };
}
