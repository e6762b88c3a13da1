import type { PersonalData } from "./scope.ts";

/** Finds the personal data of one person. */
export type PersonalDataMatcher = {
  /** Whether a JSON value contains the personal data anywhere. */
  contains(value: unknown): boolean;
  /** Whether a job's payload is about the person: its author or recipient, not only quoted or mentioned in it. */
  isAbout(payload: unknown): boolean;
  /** Whether a text contains a name, as plain text or in base64: WhatsApp's message ids encode the phone number. */
  containsName(text: string): boolean;
};

/** Fields with counters or times, which can equal a person's id by chance. */
const NUMBER_FIELDS: ReadonlySet<string> = new Set([
  "date",
  "edit_date",
  "timestamp",
  "update_id",
  "message_id",
  "message_ids",
]);

/** Fields of a job's payload that identify its author, its recipient or one of their rows. */
const PARTY_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "from",
  "to",
  "user",
  "chat",
  "sender_chat",
  "actor_chat",
  "user_chat_id",
  "customer",
  "leadgen_id",
  "from_user_id",
  "from_parent_user_id",
  "to_user_id",
  "to_parent_user_id",
  "wa_id",
  "new_wa_id",
  "user_id",
  "parent_user_id",
  "previous_user_id",
  "previous_parent_user_id",
  "recipient_id",
  "recipient_user_id",
  "recipient_parent_user_id",
  "recipient_participant_id",
  "participant_recipient_id",
  "recipient_participant_user_id",
  "externalId",
  "conversationId",
  "contactId",
  "messageId",
  "messageIds",
  "turnId",
]);

/** Fields that identify a party, if the value of a party field is an object. */
const PARTY_ID_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "phone",
  "userId",
  "chatId",
  "group",
  "conversationId",
  "previous",
  "current",
]);

/** Fields that wrap an unreadable payload. */
const WRAPPER_FIELDS: ReadonlySet<string> = new Set(["payload", "raw"]);

/** Fields in which party fields identify other people, or an account. */
const FOREIGN_FIELDS: ReadonlySet<string> = new Set(["context", "metadata"]);

/**
 * How deep party fields are nested, as in `value.messages[]` or `update.message`. Deeper ones belong to others, such as
 * the author of a quoted message or a shared contact.
 */
const PARTY_DEPTH = 2;

/** The length of the shortest name to search for: shorter ones occur in unrelated texts. */
const MIN_NAME_LENGTH = 5;

/** Builds the {@link PersonalDataMatcher} of one person. */
export function matcherOf(person: PersonalData): PersonalDataMatcher {
  const ids = new Set(person.ids);
  const names = person.names.filter((name) => name.length >= MIN_NAME_LENGTH);
  const words = wordPattern(names);

  function containsName(text: string): boolean {
    if (words.test(text)) return true;
    const runs = text.match(/[\w+/-]{12,}/g) ?? [];
    return runs.map((run) => Buffer.from(run, "base64").toString("latin1")).some((plain) => words.test(plain));
  }

  function contains(value: unknown, field = ""): boolean {
    if (typeof value === "string") return ids.has(value) || (!NUMBER_FIELDS.has(field) && containsName(value));
    if (typeof value === "number") return !NUMBER_FIELDS.has(field) && contains(String(value));
    if (Array.isArray(value)) return value.some((entry) => contains(entry, field));
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(value).some(([key, entry]) => words.test(key) || contains(entry, key));
  }

  function identifiesPerson(value: unknown): boolean {
    if (typeof value === "string" || typeof value === "number")
      return ids.has(String(value)) || containsName(String(value));
    if (Array.isArray(value)) return value.some(identifiesPerson);
    return Object.entries(value ?? {}).some(([key, entry]) => PARTY_ID_FIELDS.has(key) && identifiesPerson(entry));
  }

  function isAbout(value: unknown, depth = 0): boolean {
    if (Array.isArray(value)) return value.some((entry) => isAbout(entry, depth));
    if (typeof value !== "object" || value === null || depth > PARTY_DEPTH) return false;
    return Object.entries(value).some(([key, entry]) => {
      if (PARTY_FIELDS.has(key)) return identifiesPerson(entry);
      return !FOREIGN_FIELDS.has(key) && isAbout(entry, WRAPPER_FIELDS.has(key) ? depth : depth + 1);
    });
  }

  return { contains: (value) => contains(value), isAbout: (payload) => isAbout(payload), containsName };
}

/** Matches each name as a whole word, so that a number does not match within a longer one. */
function wordPattern(names: readonly string[]): RegExp {
  if (names.length === 0) return /(?!)/;
  const patterns = names.map((name) => {
    const wordCharacters = name.includes("@") ? "\\p{L}\\p{N}._%+-" : "\\p{L}\\p{N}";
    return `(?<![${wordCharacters}])${name.replaceAll(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)}(?![${wordCharacters}])`;
  });
  return new RegExp(patterns.join("|"), "iu");
}
