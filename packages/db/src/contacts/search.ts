import { and, asc, eq, exists, ilike, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { contactIdOf } from "./aliases.ts";
import { contactIdentities, contacts } from "../schema/index.ts";

/** A contact with the fields by which a person recognizes it. */
export type FoundContact = { id: string; name: string | null; phone: string | null; email: string | null };

/** The most contacts that a search returns. */
const LIMIT = 50;

/** Finds contacts by id, also the id of a merged contact, by phone number, e-mail address, `<channel>:<external id>` or a part of the name. */
export function findContacts({ orm }: Database, term: string): Promise<FoundContact[]> {
  return orm
    .select({ id: contacts.id, name: contacts.name, phone: contacts.phone, email: contacts.email })
    .from(contacts)
    .where(or(matchesTerm(orm, term), ilike(contacts.name, `%${term.replaceAll(/[\\%_]/g, "\\$&")}%`)))
    .orderBy(asc(contacts.id))
    .limit(LIMIT);
}

/** Returns the ids of the contacts that match exactly: like {@link findContacts}, but without names. */
export async function matchContacts({ orm }: Database, term: string): Promise<string[]> {
  const rows = await orm
    .select({ id: contacts.id })
    .from(contacts)
    .where(matchesTerm(orm, term))
    .orderBy(asc(contacts.id));
  return rows.map(({ id }) => id);
}

function matchesTerm(orm: Database["orm"], term: string): SQL | undefined {
  const digits = /^\+?[\d ()/.-]{5,}$/.test(term) ? term.replaceAll(/\D/g, "") : undefined;
  const [, channel, externalId] = /^([a-z0-9-]+):(.+)$/.exec(term) ?? [];
  const identity = (condition: SQL | undefined) =>
    exists(
      orm
        .select({ id: contactIdentities.id })
        .from(contactIdentities)
        .where(and(eq(contactIdentities.contactId, contacts.id), condition)),
    );
  const hasExternalId = (value: string) => eq(contactIdentities.externalId, value);
  return or(
    /^[0-9a-f-]{36}$/i.test(term) ? eq(contacts.id, contactIdOf(term)) : undefined,
    digits ? or(eq(contacts.phone, digits), identity(hasExternalId(digits))) : undefined,
    term.includes("@")
      ? or(sql`lower(${contacts.email}) = lower(${term})`, identity(sql`lower(external_id) = lower(${term})`))
      : undefined,
    channel && externalId
      ? identity(and(eq(contactIdentities.channel, channel), hasExternalId(externalId)))
      : undefined,
    sql`false`,
  );
}
