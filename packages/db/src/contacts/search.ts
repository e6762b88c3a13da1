import { and, asc, eq, exists, ilike, or, type SQL, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { contactIdentities, contacts } from "../schema/index.ts";

/** A contact as it is told from others. */
export type FoundContact = { id: string; name: string | null; phone: string | null; email: string | null };

/** Most that are told. */
const MOST = 50;

/** Contacts by their id, phone number, e-mail address, `<channel>:<external id>` or a part of their name. */
export function findContacts({ orm }: Database, word: string): Promise<FoundContact[]> {
  return orm
    .select({ id: contacts.id, name: contacts.name, phone: contacts.phone, email: contacts.email })
    .from(contacts)
    .where(or(isContact(orm, word), ilike(contacts.name, `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`)))
    .orderBy(asc(contacts.id))
    .limit(MOST);
}

/** The contacts that these words mean exactly: all of these but a name. */
export async function matchContacts({ orm }: Database, word: string): Promise<string[]> {
  const rows = await orm
    .select({ id: contacts.id })
    .from(contacts)
    .where(isContact(orm, word))
    .orderBy(asc(contacts.id));
  return rows.map(({ id }) => id);
}

function isContact(orm: Database["orm"], word: string): SQL | undefined {
  const digits = /^\+?[\d ()/.-]{5,}$/.test(word) ? word.replaceAll(/\D/g, "") : undefined;
  const [, channel, externalId] = /^([a-z]+):(.+)$/.exec(word) ?? [];
  const identity = (condition: SQL | undefined) =>
    exists(
      orm
        .select({ id: contactIdentities.id })
        .from(contactIdentities)
        .where(and(eq(contactIdentities.contactId, contacts.id), condition)),
    );
  const isNamed = (name: string) => eq(contactIdentities.externalId, name);
  return or(
    /^[0-9a-f-]{36}$/i.test(word) ? eq(contacts.id, word) : undefined,
    digits ? or(eq(contacts.phone, digits), identity(isNamed(digits))) : undefined,
    word.includes("@")
      ? or(sql`lower(${contacts.email}) = lower(${word})`, identity(sql`lower(external_id) = lower(${word})`))
      : undefined,
    channel && externalId
      ? identity(and(eq(contactIdentities.channel, channel as "email"), isNamed(externalId)))
      : undefined,
    sql`false`,
  );
}
