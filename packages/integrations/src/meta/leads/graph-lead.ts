import { z } from "zod";

const text = z
  .union([z.string().min(1), z.number()])
  .transform(String)
  .optional()
  .catch(undefined);

const answerValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/**
 * A lead as Graph gives it. Only what it would be worthless without is insisted on.
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
  /** Several values where several could be ticked. */
  field_data: z.array(z.object({ name: z.string(), values: z.array(answerValue).nullish() })),
  /** Boxes of consent; they are not in `field_data`. An empty `is_checked` is a box left empty. */
  custom_disclaimer_responses: z
    .array(z.object({ checkbox_key: z.string(), is_checked: z.union([z.string(), z.number(), z.boolean()]).nullish() }))
    .nullish(),
});

/** See {@link graphLeadSchema}. */
export type GraphLead = z.infer<typeof graphLeadSchema>;

/** What a person entered, by the form's field names. */
export type Answers = Record<string, string[]>;

/** Every answer as it came; a field that comes twice has the values of both. */
export function answersOf({ field_data: fields }: GraphLead): Answers {
  const answers = new Map<string, string[]>();
  for (const { name, values } of fields) answers.set(name, [...(answers.get(name) ?? []), ...(values ?? [])]);
  return Object.fromEntries(answers);
}

/** Every consent box by its key. */
export function consentsOf({ custom_disclaimer_responses: boxes }: GraphLead): Record<string, boolean> {
  return Object.fromEntries(
    (boxes ?? []).map((box) => [box.checkbox_key, ["1", "true"].includes(String(box.is_checked))]),
  );
}

/** Whether the lead was made with the Lead Ads Testing Tool, which fills its fields with such dummies. */
export function isTestLead(answers: Answers): boolean {
  return Object.values(answers).some((values) => values.some((value) => value.startsWith("<test lead:")));
}

/** Graph's time, whose offset has no colon (`2026-02-28T08:49:14+0000`); undefined for what is written otherwise. */
export function dateOfGraphTime(time: string | undefined): Date | undefined {
  const [, local, hours, minutes] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-]\d\d):?(\d\d)$/.exec(time ?? "") ?? [];
  const at = new Date(`${local}${hours}:${minutes}`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** Who filled in the form, as far as its standard fields tell. */
export type Person = {
  fullName: string | undefined;
  /** In lower case. */
  email: string | undefined;
  /** Digits alone. */
  phone: string | undefined;
};

/**
 * Reads the standard fields; a field named otherwise stays an answer.
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

/** Good enough to tell an address from a dummy; 254 characters is the longest that can be written to. */
function emailOf(value: string | undefined): string | undefined {
  return value !== undefined && value.length <= 254 && /^[^\s@<>]+@[^\s@<>]+$/.test(value)
    ? value.toLowerCase()
    : undefined;
}

/** E.164 allows 15 digits; fewer than 6 are no number of a person. */
function phoneOf(value: string | undefined): string | undefined {
  const digits = value?.replaceAll(/\D/g, "") ?? "";
  return digits.length >= 6 && digits.length <= 15 ? digits : undefined;
}
