import { type SQL, sql, type SQLWrapper } from "drizzle-orm";
import { boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { createdAt, id, time, updatedAt } from "./columns.ts";
import { millrace } from "./millrace.ts";
import { tenants } from "./accounts.ts";

/** The signs that Postgres's parser would join with the characters around them: `j.r` is a host to it, and `-5` a number. */
const JOINING_SIGNS = "./@+-_";

/**
 * The words of a name as SQL, for a search by the beginnings of words. It needs no extension: a database of a customer may
 * not allow pg_trgm.
 */
export function nameWords(name: SQLWrapper): SQL {
  return sql`to_tsvector('simple', translate(${name}, ${sql.raw(`'${JOINING_SIGNS}', '${" ".repeat(JOINING_SIGNS.length)}'`)}))`;
}

/** A person, across all channels. */
export const contacts = pgTable(
  "contacts",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    name: text("name"),
    username: text("username"),
    /** Digits of the number in E.164, without the plus sign. */
    phone: text("phone"),
    email: text("email"),
    marketingAllowed: boolean("marketing_allowed"),
    marketingChangedAt: time("marketing_changed_at"),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index("contacts_tenant_id").on(table.tenantId),
    index("contacts_phone").on(table.phone),
    index("contacts_email").on(sql`lower(${table.email})`),
    index("contacts_name_words").using("gin", sql`${nameWords(table.name)}`),
  ],
);

/** The ids of merged contacts. Each leads to the contact that it became. */
export const contactAliases = millrace.table(
  "contact_aliases",
  {
    /** The id of the contact that no longer exists. */
    id: id(),
    contactId: uuid("contact_id")
      .notNull()
      .references(() => contacts.id, { onDelete: "cascade" }),
    createdAt: createdAt(),
  },
  (table) => [index("contact_aliases_contact_id").on(table.contactId)],
);

/** An identifier of a person on a channel: wa_id, BSUID, Telegram user id, e-mail address, phone number. */
export const contactIdentities = pgTable(
  "contact_identities",
  {
    id: id(),
    tenantId: uuid("tenant_id")
      .notNull()
      .references(() => tenants.id),
    contactId: uuid("contact_id")
      .notNull()
      .references(() => contacts.id),
    channel: text("channel").notNull(),
    externalId: text("external_id").notNull(),
    /** Whether the identifier never moves to another person; a phone number can. */
    stable: boolean("stable").notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    // Guarantees that an identity belongs to one contact, also with concurrent workers.
    unique("contact_identities_tenant_channel_external_id").on(table.tenantId, table.channel, table.externalId),
    index("contact_identities_contact_id").on(table.contactId),
    index("contact_identities_lower_external_id").on(sql`lower(${table.externalId})`),
  ],
);
