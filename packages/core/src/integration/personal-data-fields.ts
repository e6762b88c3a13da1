import { unreadableSchema } from "../domain/event.ts";
import { type PersonalDataInPayload, type PersonalDataReader, REDACTED } from "./personal-data.ts";

/** The field names by which {@link personalDataReader} recognizes personal data. */
export type PersonalDataFields = {
  /** Fields with an identifier of a party or of one of its rows. */
  parties: readonly string[];
  /** Fields that identify a party where the value of a party field is an object. */
  partyIds: readonly string[];
  /** Fields in which party fields identify other people, or an account. */
  foreign: readonly string[];
  /**
   * How many objects deep party fields are nested: 2 for `update.message.from`. Deeper ones belong to other people, such
   * as the author of a quoted message.
   */
  depth: number;
  /** Fields with strings and numbers that name no person: types, times, counters, ids of accounts. */
  impersonal: readonly string[];
};

/** The payload of an unreadable event. Its reason is Millrace's own text, and its content is a payload of any kind. */
const unreadablePayload = unreadableSchema.strict();

/** Fields that wrap a whole payload in a job with an unknown shape, which can be the job of an unreadable event. */
const WRAPPERS: ReadonlySet<string> = new Set(["payload", "raw"]);

/**
 * Creates the reader of payloads with these fields. A value is personal unless its field is impersonal, so the reader
 * also finds and redacts the values of fields that a platform adds later.
 */
export function personalDataReader(fields: PersonalDataFields): PersonalDataReader {
  const { depth: deepest } = fields;
  const [parties, partyIds, foreign, impersonal] = [
    new Set(fields.parties),
    new Set(fields.partyIds),
    new Set(fields.foreign),
    new Set(fields.impersonal),
  ];

  /** A text at depth 0 is an unreadable payload. It is about everyone that it names. */
  function partiesIn(value: unknown, depth: number): string[] {
    if (Array.isArray(value)) return value.flatMap((entry) => partiesIn(entry, depth));
    if (typeof value === "string") return depth === 0 ? [value] : [];
    if (typeof value !== "object" || value === null || depth > deepest) return [];
    return Object.entries(value).flatMap(([field, entry]) => {
      if (parties.has(field)) return identifiersIn(entry);
      return foreign.has(field) ? [] : partiesIn(entry, WRAPPERS.has(field) ? depth : depth + 1);
    });
  }

  function identifiersIn(value: unknown): string[] {
    if (isLeaf(value)) return [String(value)];
    if (Array.isArray(value)) return value.flatMap(identifiersIn);
    return Object.entries(value ?? {}).flatMap(([field, entry]) => (partyIds.has(field) ? identifiersIn(entry) : []));
  }

  function valuesIn(value: unknown, isPersonal: boolean): string[] {
    if (isLeaf(value)) return isPersonal ? [String(value)] : [];
    if (Array.isArray(value)) return value.flatMap((entry) => valuesIn(entry, isPersonal));
    return Object.entries(value ?? {}).flatMap(([field, entry]) => [
      ...(isValue(field) ? [field] : []),
      ...valuesIn(entry, !impersonal.has(field)),
    ]);
  }

  function redact(value: unknown, isPersonal: boolean): unknown {
    if (isLeaf(value)) return isPersonal ? REDACTED : value;
    if (Array.isArray(value)) return value.map((entry) => redact(entry, isPersonal));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([field, entry]) => [
        isValue(field) ? REDACTED : field,
        redact(entry, !impersonal.has(field)),
      ]),
    );
  }

  /** Some objects have a person's id as the field name. All other field names consist of A to Z and underscores. */
  function isValue(field: string): boolean {
    return !/^[a-z_]+$/i.test(field) && !impersonal.has(field);
  }

  function read(payload: unknown): PersonalDataInPayload {
    const found = new Set(partiesIn(payload, 0));
    const mentioned = valuesIn(payload, true).filter((value) => !found.has(value));
    return { parties: [...found], mentioned: [...new Set(mentioned)], redact: () => redact(payload, true) };
  }

  return (payload) => {
    const unreadable = unreadablePayload.safeParse(payload);
    if (!unreadable.success) return read(payload);
    const { reason, raw } = unreadable.data;
    const content = read(raw);
    return { ...content, redact: () => ({ reason, raw: content.redact() }) };
  };
}

function isLeaf(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
