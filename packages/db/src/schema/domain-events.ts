import { bigint, index, jsonb, text, uuid } from "drizzle-orm/pg-core";
import { tenants } from "./accounts.ts";
import { createdAt, id } from "./columns.ts";
import { millrace } from "./millrace.ts";

/**
 * What happened to rows, appended in the transaction that caused it. `sequence` grows in the order of the inserts.
 * Transactions that run at the same time commit in any order, so a lower sequence can become visible after a higher one.
 */
export const domainEvents = millrace.table(
  "domain_events",
  {
    id: id(),
    sequence: bigint("sequence", { mode: "bigint" }).generatedAlwaysAsIdentity(),
    tenantId: uuid("tenant_id").references(() => tenants.id),
    /** One of packages/core's DomainEventPayloads. */
    type: text("type").notNull(),
    subjectId: text("subject_id").notNull(),
    payload: jsonb("payload").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index("domain_events_tenant_id_sequence").on(table.tenantId, table.sequence),
    index("domain_events_subject_id").on(table.subjectId),
  ],
);
