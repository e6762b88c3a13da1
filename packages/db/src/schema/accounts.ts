import { index, pgTable, pgView, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id } from "./columns.ts";
import { millrace } from "./millrace.ts";

/** A company that Millrace works for. */
export const tenants = pgTable("tenants", {
  id: id(),
  name: text("name").notNull().unique(),
  createdAt: createdAt(),
});

/**
 * The accounts at providers (a page, a phone number, a bot) and the tenant that owns each. `external_id` `*` applies to
 * every account of the provider that has no row of its own. A row without a tenant is a known account without an owner.
 */
export const providerAccounts = millrace.table(
  "provider_accounts",
  {
    id: id(),
    tenantId: uuid("tenant_id").references(() => tenants.id),
    provider: text("provider").notNull(),
    externalId: text("external_id").notNull(),
    name: text("name"),
    createdAt: createdAt(),
  },
  (table) => [
    unique("provider_accounts_provider_external_id").on(table.provider, table.externalId),
    index("provider_accounts_tenant_id").on(table.tenantId),
  ],
);

/** The accounts under the name and with the columns that a CRM knows. */
export const leadSources = pgView("lead_sources").as((query) => query.select().from(providerAccounts));
