import { z } from "zod";

const text = z
  .union([z.string().min(1), z.number()])
  .transform(String)
  .optional()
  .catch(undefined);

const answerValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/**
 * A lead as Graph returns it. Only `field_data` is required.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving#reading-leads
 */
export const graphLeadSchema = z.looseObject({
  created_time: text,
  form_id: text,
  ad_id: text,
  ad_name: text,
  adset_id: text,
  adset_name: text,
  campaign_id: text,
  campaign_name: text,
  platform: text,
  is_organic: z.boolean().optional().catch(undefined),
  /** A field with several choices has several values. */
  field_data: z.array(z.object({ name: z.string(), values: z.array(answerValue).nullish() })),
  /** The consent boxes, which are not in `field_data`. An empty `is_checked` is an unchecked box. */
  custom_disclaimer_responses: z
    .array(z.object({ checkbox_key: z.string(), is_checked: z.union([z.string(), z.number(), z.boolean()]).nullish() }))
    .nullish(),
});

/** See {@link graphLeadSchema}. */
export type GraphLead = z.infer<typeof graphLeadSchema>;

/** The answers of a person by the names of the form's fields. */
export type Answers = Record<string, string[]>;

/** All answers, unchanged. A field that occurs twice has the values of both. */
export function answersOf({ field_data: fields }: GraphLead): Answers {
  const answers = new Map<string, string[]>();
  for (const { name, values } of fields) answers.set(name, [...(answers.get(name) ?? []), ...(values ?? [])]);
  return Object.fromEntries(answers);
}

/** The consent boxes by key. */
export function consentsOf({ custom_disclaimer_responses: boxes }: GraphLead): Record<string, boolean> {
  return Object.fromEntries(
    (boxes ?? []).map((box) => [box.checkbox_key, ["1", "true"].includes(String(box.is_checked))]),
  );
}

/** Whether the lead comes from the Lead Ads Testing Tool, which fills the fields with such values. */
export function isTestLead(answers: Answers): boolean {
  return Object.values(answers).some((values) => values.some((value) => value.startsWith("<test lead:")));
}

/** Parses Graph's time, which has an offset without a colon (`2026-02-28T08:49:14+0000`). Undefined for another format. */
export function parseGraphTime(time: string | undefined): Date | undefined {
  const [, local, hours, minutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d)$/.exec(time ?? "") ?? [];
  const at = new Date(`${local}${hours}:${minutes}`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** The person who submitted the form, as far as its standard fields show. */
export type Person = {
  fullName: string | undefined;
  /** In lower case. */
  email: string | undefined;
  /** Digits only. */
  phone: string | undefined;
};

/**
 * Reads the standard fields. A field with another name is only an answer.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/create#fields
 */
export function personOf(answers: Answers): Person {
  const first = (...names: readonly string[]) =>
    names.map((name) => answers[name]?.[0]?.trim()).find((value) => value !== undefined && value !== "");
  const joined = [first("first_name"), first("last_name")].filter((part) => part !== undefined).join(" ");
  return {
    fullName: first("full_name") ?? (joined || undefined),
    email: emailOf(first("email", "work_email")),
    phone: phoneOf(first("phone_number", "work_phone_number")),
  };
}

/** Distinguishes an address from a dummy value well enough. An address has at most 254 characters. */
function emailOf(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 254 && /^[^\s@<>]+@[^\s@<>]+$/.test(value)
    ? value.toLowerCase()
    : undefined;
}

/** The digits of a phone number. E.164 allows 15 digits; a number with fewer than 6 is not a person's. */
function phoneOf(value: string | undefined): string | undefined {
  const digits = value?.replaceAll(/\D/g, "") ?? "";
  return digits.length >= 6 && digits.length <= 15 ? digits : undefined;
}
