/** By what a person is told from others, in rows, payloads and jobs. */
export type Traces = {
  /** What others call them: numbers, addresses, ids at platforms. */
  names: readonly string[];
  /** Ids of what is theirs: the contact, conversations, messages, questions, leads; ours and the platforms'. */
  ids: readonly string[];
};

/** What stands in the place of erased JSON. */
export const ERASED = { erased: true };

/** How many rows of each table were emptied. */
export type RowCounts = Record<string, number>;

/** Looks for a person's traces. */
export type Matcher = {
  /** Whether a value of JSON tells of them anywhere. */
  mentions(value: unknown): boolean;
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

/** Shorter ones are in many texts. */
const LEAST_NAME_LENGTH = 5;

/** {@link Matcher} for one person. */
export function matcherOf(traces: Traces): Matcher {
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

  return { mentions: (value) => mentions(value), names };
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
