import { asc, eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../connection/database.ts";
import { contactIdOf } from "./aliases.ts";
import { contactIdentities, contacts, nameWords } from "../schema/contacts.ts";

/** A contact with the fields by which a person recognizes it. */
export type FoundContact = { id: string; name: string | null; phone: string | null; email: string | null };

/** The most contacts that a search returns. */
const LIMIT = 50;

/** How many contacts with a matching name are looked at. With more, the search returns any of them. */
const MAX_NAMED = 1_000;

/**
 * Finds contacts by id, also the id of a merged contact, by phone number, e-mail address or `<channel>:<external id>`, or by
 * words of the name, each by its beginning: `ad love` finds Ada Lovelace.
 */
export function findContacts({ orm }: Database, term: string): Promise<FoundContact[]> {
  return orm
    .select({ id: contacts.id, name: contacts.name, phone: contacts.phone, email: contacts.email })
    .from(contacts)
    .where(isOneOf([...exactMatches(term), ...nameMatches(term)]))
    .orderBy(asc(contacts.id))
    .limit(LIMIT);
}

/** Returns the ids of the contacts that match exactly: like {@link findContacts}, but without names. */
export async function matchContacts({ orm }: Database, term: string): Promise<string[]> {
  const rows = await orm
    .select({ id: contacts.id })
    .from(contacts)
    .where(isOneOf(exactMatches(term)))
    .orderBy(asc(contacts.id));
  return rows.map(({ id }) => id);
}

/** Whether a contact is in the result of one of these queries. Each of them uses its own index, which `or` would prevent. */
function isOneOf(queries: readonly SQL[]): SQL {
  if (queries.length === 0) return sql`false`;
  // As an array, so that Postgres looks up the few ids instead of joining all contacts.
  return sql`${contacts.id} = any(array(${sql.join([...queries], sql` union `)}))`;
}

/** Queries for the ids of the contacts that the term identifies. */
function exactMatches(term: string): SQL[] {
  const digits = /^\+?[\d ()/.-]{5,}$/.test(term) ? term.replaceAll(/\D/g, "") : undefined;
  const [, channel, externalId] = /^([a-z0-9-]+):(.+)$/.exec(term) ?? [];
  return [
    ...(/^[0-9a-f-]{36}$/i.test(term) ? [sql`select ${contactIdOf(term)}`] : []),
    ...(digits ? [contactsWith(eq(contacts.phone, digits)), ownersOf(digits)] : []),
    ...(term.includes("@") ? [contactsWith(sql`lower(${contacts.email}) = lower(${term})`), ownersOf(term)] : []),
    ...(channel && externalId
      ? [
          sql`${ownersOf(externalId)} and ${contactIdentities.channel} = ${channel} and ${contactIdentities.externalId} = ${externalId}`,
        ]
      : []),
  ];
}

/** A query for the ids of the contacts with words that begin as those of the term do; none for a term without a word. */
function nameMatches(term: string): SQL[] {
  const words = term.match(/[\p{L}\p{M}\p{N}]+/gu);
  if (!words) return [];
  const query = words.map((word) => `'${word}':*`).join(" & ");
  const isNamed = sql`${nameWords(contacts.name)} @@ to_tsquery('simple', ${query})`;
  // Materialized, because Postgres would otherwise read contacts in order and look for matches, which may be rare.
  return [
    sql`(with named as materialized (${contactsWith(isNamed)} limit ${MAX_NAMED}) select id from named order by id limit ${LIMIT})`,
  ];
}

function contactsWith(condition: SQL): SQL {
  return sql`select ${contacts.id} from ${contacts} where ${condition}`;
}

/** A query for the contacts with an identifier, ignoring case as in e-mail addresses. */
function ownersOf(externalId: string): SQL {
  return sql`select ${contactIdentities.contactId} from ${contactIdentities}
    where lower(${contactIdentities.externalId}) = lower(${externalId})`;
}
