import { contentHash } from "@millrace/core";

/** By what a person is told from others, in rows, payloads and jobs. */
export type PersonalData = {
  /** What others call them: numbers, addresses, ids at platforms. */
  names: readonly string[];
  /** Ids of what is theirs: the contact, conversations, messages, questions, leads; ours and the platforms'. */
  ids: readonly string[];
};

/** What stands in the place of erased JSON. */
export const ERASED = { erased: true };

/** What stands in the place of an event's id that names a person: by it the event is known when it comes again. */
export function erasedEventId(eventId: string): string {
  return `erased.${contentHash(eventId)}`;
}

/** How many rows of each table were emptied. */
export type RowCounts = Record<string, number>;

/** Looks for a person's traces. */
export type Matcher = {
  /** Whether a value of JSON tells of them anywhere. */
  mentions(value: unknown): boolean;
  /** Whether they are the author or the recipient by a job's payload, and not only quoted or talked of. */
  concerns(payload: unknown): boolean;
  /** Whether a text has a name of theirs in it, as it is or in base64: WhatsApp's message ids hold the number so. */
  names(text: string): boolean;
};

/** Fields whose numbers count or tell a time, and can be the same as somebody's id by chance. */
const NO_NAMES: ReadonlySet<string> = new Set([
  "date",
  "edit_date",
  "timestamp",
  "update_id",
  "message_id",
  "message_ids",
]);

/** Fields by which a job's payload names its author, its recipient, or a row that is theirs. */
const PARTIES: ReadonlySet<string> = new Set([
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

/** What tells one of these where it is an object. */
const PARTY_IDS: ReadonlySet<string> = new Set([
  "id",
  "phone",
  "userId",
  "chatId",
  "group",
  "conversationId",
  "previous",
  "current",
]);

/** What a payload is wrapped in where nobody could read it. */
const WRAPPERS: ReadonlySet<string> = new Set(["payload", "raw"]);

/** Parts that name others in the same fields, or an account of ours. */
const OTHERS: ReadonlySet<string> = new Set(["context", "metadata"]);

/**
 * How deep the parties are named: in `value.messages[]`, in `update.message`. What lies deeper, such as a message that
 * is answered or a contact that is shared, is others'.
 */
const PARTY_DEPTH = 2;

/** Shorter ones are in many texts. */
const LEAST_NAME_LENGTH = 5;

/** {@link Matcher} for one person. */
export function matcherOf(traces: PersonalData): Matcher {
  const ids = new Set(traces.ids);
  const all = traces.names.filter((name) => name.length >= LEAST_NAME_LENGTH);
  const words = wordsOf(all);

  function names(text: string): boolean {
    if (words.test(text)) return true;
    const runs = text.match(/[\w+/-]{12,}/g) ?? [];
    return runs.map((run) => Buffer.from(run, "base64").toString("latin1")).some((plain) => words.test(plain));
  }

  function mentions(value: unknown, field = ""): boolean {
    if (typeof value === "string") return ids.has(value) || (!NO_NAMES.has(field) && names(value));
    if (typeof value === "number") return !NO_NAMES.has(field) && mentions(String(value));
    if (Array.isArray(value)) return value.some((entry) => mentions(entry, field));
    if (typeof value !== "object" || value === null) return false;
    return Object.entries(value).some(([key, entry]) => words.test(key) || mentions(entry, key));
  }

  function isTheirs(value: unknown): boolean {
    if (typeof value === "string" || typeof value === "number") return ids.has(String(value)) || names(String(value));
    if (Array.isArray(value)) return value.some(isTheirs);
    return Object.entries(value ?? {}).some(([key, entry]) => PARTY_IDS.has(key) && isTheirs(entry));
  }

  function concerns(value: unknown, depth = 0): boolean {
    if (Array.isArray(value)) return value.some((entry) => concerns(entry, depth));
    if (typeof value !== "object" || value === null || depth > PARTY_DEPTH) return false;
    return Object.entries(value).some(([key, entry]) => {
      if (PARTIES.has(key)) return isTheirs(entry);
      return !OTHERS.has(key) && concerns(entry, WRAPPERS.has(key) ? depth : depth + 1);
    });
  }

  return { mentions: (value) => mentions(value), names, concerns: (payload) => concerns(payload) };
}

/** Any of the names as a word of its own, so that a number is not found in a longer one. */
function wordsOf(names: readonly string[]): RegExp {
  if (names.length === 0) return /(?!)/;
  const patterns = names.map((name) => {
    const within = name.includes("@") ? "\\p{L}\\p{N}._%+-" : "\\p{L}\\p{N}";
    return `(?<![${within}])${name.replaceAll(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)}(?![${within}])`;
  });
  return new RegExp(patterns.join("|"), "iu");
}
