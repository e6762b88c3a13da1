import { createHash } from "node:crypto";

/** The fields of a lead that require the permission `ads_management`. */
export const AD_FIELDS = ["ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name"] as const;

/** All fields of a lead. https://developers.facebook.com/docs/marketing-api/reference/user-lead-gen-info */
export const LEAD_FIELDS: readonly string[] = [
  "id",
  "created_time",
  ...AD_FIELDS,
  "form_id",
  "is_organic",
  "platform",
  "partner_name",
  "retailer_item_id",
  "field_data",
  "custom_disclaimer_responses",
];

/** The fields of a response to a request without `fields`. */
export const DEFAULT_FIELDS: readonly string[] = ["created_time", "id", "ad_id", "form_id", "field_data"];

/** The id that the Test button of the app dashboard sends. No such lead exists. */
export const DASHBOARD_LEADGEN_ID = "444444444444";

/** The prefix of the ids of leads from the Lead Ads Testing Tool. */
const TEST_LEAD_PREFIX = "9999";

const FIRST_NAMES = ["Ada", "Bruno", "Chloé", "Dmitri", "Elif", "Fatou", "Göran", "Hana", "Iker", "Joana"] as const;
const LAST_NAMES = [
  "Abt",
  "Brandão",
  "Castel",
  "Demir",
  "Eriksen",
  "Fofana",
  "Grau",
  "Horák",
  "Ito",
  "Jansen",
] as const;
const CALL_TIMES = ["in_the_morning", "at_noon", "in_the_evening"] as const;
const ROOMS = ["kitchen", "bathroom", "living_room", "bedroom"] as const;

/** The sandbox's leads are created within 300 days after this time, in ms since 1970. */
const FIRST_CREATED = Date.UTC(2026, 0, 1);

/**
 * Returns the lead of an id, always the same for the same id. About one lead in four is organic and has no ad. The lead
 * has the requested fields in the requested order. As at Meta, fields without a value are omitted.
 */
export function leadOf(id: string, fields: readonly string[]): Record<string, unknown> {
  const lead: Record<string, unknown> = fullLead(id);
  return Object.fromEntries(
    [...new Set([...fields, "id"])].flatMap((name) => (name in lead ? [[name, lead[name]]] : [])),
  );
}

function fullLead(id: string): Record<string, unknown> {
  const hash = createHash("sha256").update(id).digest();
  const byte = (at: number) => hash.readUInt8(at);
  const number = (at: number) => String(hash.readUIntBE(at, 6)).padStart(15, "0");
  const organic = byte(0) % 4 === 0;
  const first = pick(FIRST_NAMES, byte(1));
  const last = pick(LAST_NAMES, byte(2));
  const ad = {
    ad_id: `2385${number(3)}`,
    ad_name: "Autumn, video",
    adset_id: `2386${number(4)}`,
    adset_name: "People nearby",
    campaign_id: `2387${number(5)}`,
    campaign_name: "Autumn",
  };
  const answers = [
    ...(byte(10) % 3 === 0
      ? [answer("first_name", first), answer("last_name", last)]
      : [answer("full_name", `${first} ${last}`)]),
    answer("email", `${first}.${last}.${id}@Example.com`.normalize("NFD").replaceAll(/[^\w.@-]/g, "")),
    // +999 is assigned to no country, so no person has this number.
    answer("phone_number", `+999${number(11).slice(-11)}`),
    answer("when_may_we_call", pick(CALL_TIMES, byte(17))),
    // Forms copy the click id from the page's URL into a hidden field.
    answer("gclid", `sandbox-click-${id}`),
    answer("which_rooms", ...ROOMS.slice(byte(18) % 3, (byte(18) % 3) + 1 + (byte(19) % 2))),
  ];
  const dummies = answers.map(({ name }) => answer(name, `<test lead: dummy data for ${name}>`));
  return {
    id,
    created_time: graphTime(FIRST_CREATED + (hash.readUInt32BE(20) % (300 * 86_400)) * 1000),
    ...(organic ? {} : ad),
    form_id: `1203${number(24)}`,
    is_organic: organic,
    platform: byte(30) % 2 === 0 ? "fb" : "ig",
    field_data: id.startsWith(TEST_LEAD_PREFIX) ? dummies : answers,
    custom_disclaimer_responses: [
      { checkbox_key: "privacy", is_checked: "1" },
      { checkbox_key: "newsletter", is_checked: byte(31) % 2 === 0 ? "1" : "" },
    ],
  };
}

function answer(name: string, ...values: readonly string[]): { name: string; values: readonly string[] } {
  return { name, values };
}

function pick(from: readonly [string, ...string[]], byte: number): string {
  return from[byte % from.length] ?? from[0];
}

/** Formats a time as the Graph API does: whole seconds, and an offset without a colon. */
function graphTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+0000`;
}
