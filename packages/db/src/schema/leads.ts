import { sql } from "drizzle-orm";
import { boolean, index, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time } from "./columns.ts";
import { contacts } from "./contacts.ts";
import { tenants } from "./accounts.ts";

/** A person who filled in a form. */
export const leads = pgTable(
  "leads",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    contactId: uuid("contact_id")
      .notNull()
      .references(() => contacts.id),
    /** `Meta`. */
    source: text("source").notNull(),
    externalId: text("external_id").notNull(),
    pageId: text("page_id"),
    formId: text("form_id"),
    adId: text("ad_id"),
    adName: text("ad_name"),
    adsetId: text("adset_id"),
    adsetName: text("adset_name"),
    campaignId: text("campaign_id"),
    campaignName: text("campaign_name"),
    platform: text("platform"),
    isOrganic: boolean("is_organic"),
    isTest: boolean("is_test").notNull(),
    fullName: text("full_name"),
    email: text("email"),
    phone: text("phone"),
    answers: jsonb("answers").notNull(),
    consents: jsonb("consents").notNull(),
    /** The ad click that the lead came from, if its form received it. */
    clickKind: text("click_kind"),
    clickId: text("click_id"),
    submittedAt: time("submitted_at").notNull(),
    payload: jsonb("payload").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique("leads_source_external_id").on(table.source, table.externalId),
    index("leads_tenant_id").on(table.tenantId),
    index("leads_contact_id").on(table.contactId),
    index("leads_phone").on(table.phone),
    index("leads_email").on(sql`lower(${table.email})`),
  ],
);
