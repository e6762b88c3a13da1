import { personalDataOfJob, personalDataReader, type PersonalDataReader } from "@millrace/core";
import type { PersonalData } from "./scope.ts";

/** How each integration finds personal data in its payloads, by the integration's id. */
export type PersonalDataReaders = ReadonlyMap<string, PersonalDataReader>;

/** Finds the personal data of one person. */
export type PersonalDataMatcher = {
  /**
   * Whether a JSON value contains the personal data anywhere. `integration` is the id of the integration that knows the
   * fields of the value; without it every field is searched.
   */
  contains(value: unknown, integration?: string): boolean;
  /** Whether a job's payload is about the person: its author or recipient, not only quoted or mentioned in it. */
  isAbout(payload: unknown, integration: string): boolean;
  /** Whether a text contains a name, as plain text or in base64, as the message ids of some platforms do. */
  containsName(text: string): boolean;
};

/** Reads values without a known field: each of them may be personal. */
const readEveryValue = personalDataReader({ parties: [], partyIds: [], foreign: [], depth: 0, impersonal: [] });

/** The length of the shortest name to search for: shorter ones occur in unrelated texts. */
const MIN_NAME_LENGTH = 5;

/** Builds the {@link PersonalDataMatcher} of one person. */
export function matcherOf(person: PersonalData, readers: PersonalDataReaders): PersonalDataMatcher {
  const ids = new Set(person.ids);
  const names = person.names.filter((name) => name.length >= MIN_NAME_LENGTH);
  const words = wordPattern(names);

  function containsName(text: string): boolean {
    if (words.test(text)) return true;
    const runs = text.match(/[\w+/-]{12,}/g) ?? [];
    return runs.map((run) => Buffer.from(run, "base64").toString("latin1")).some((plain) => words.test(plain));
  }

  const identifiesPerson = (value: string) => ids.has(value) || containsName(value);

  function contains(value: unknown, integration = ""): boolean {
    const { parties, mentioned } = (readers.get(integration) ?? readEveryValue)(value);
    return parties.some(identifiesPerson) || mentioned.some(identifiesPerson);
  }

  function isAbout(payload: unknown, integration: string): boolean {
    if (personalDataOfJob(payload).parties.some(identifiesPerson)) return true;
    const read = readers.get(integration);
    // Without the integration, a party cannot be distinguished from a person who is only mentioned.
    return read ? read(payload).parties.some(identifiesPerson) : contains(payload);
  }

  return { contains, isAbout, containsName };
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
