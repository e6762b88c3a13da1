import { index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id } from "./columns.ts";

/** A company that Millrace works for. */
export const tenants = pgTable("tenants", {
  id: id(),
  name: text("name").notNull().unique(),
  createdAt: createdAt(),
});

/**
 * Which tenant owns which page, phone number or bot. `external_id` `*` stands for every account of the provider that
 * has no row of its own; a row without a tenant is an account that is known and nobody's.
 */
export const leadSources = pgTable(
  "lead_sources",
  {
    id: id(),
    tenantId: uuid("tenant_id").references(() => tenants.id),
    provider: text("provider").notNull(),
    externalId: text("external_id").notNull(),
    name: text("name"),
    createdAt: createdAt(),
  },
  (table) => [
    unique("lead_sources_provider_external_id").on(table.provider, table.externalId),
    index("lead_sources_tenant_id").on(table.tenantId),
  ],
);
