import { createHash } from "node:crypto";

/** Fields of a lead that need `ads_management`. */
export const AD_FIELDS = ["ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name"] as const;

/** Every field that a lead can be asked for. https://developers.facebook.com/docs/marketing-api/reference/user-lead-gen-info */
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

/** What comes when no fields are asked for. */
export const DEFAULT_FIELDS: readonly string[] = ["created_time", "id", "ad_id", "form_id", "field_data"];

/** The id that the app dashboard's Test button sends: there is no such lead. */
export const DASHBOARD_LEADGEN_ID = "444444444444";

/** Ids that begin so are leads of the Lead Ads Testing Tool. */
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

/** Leads of the sandbox were created within 300 days from here, in ms since 1970. */
const FIRST_CREATED = Date.UTC(2026, 0, 1);

/**
 * The lead of an id: always the same for the same id, and about one in four organic, without any ad. Holds what was
 * asked for, in that order; a field the lead does not have is left out, as Meta does.
 */
export function leadOf(id: string, fields: readonly string[]): Record<string, unknown> {
  const lead: Record<string, unknown> = wholeLead(id);
  return Object.fromEntries(
    [...new Set([...fields, "id"])].flatMap((name) => (name in lead ? [[name, lead[name]]] : [])),
  );
}

function wholeLead(id: string): Record<string, unknown> {
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
    // +999 is assigned to no country, so that it is nobody's number.
    answer("phone_number", `+999${number(11).slice(-11)}`),
    answer("when_may_we_call", pick(CALL_TIMES, byte(17))),
    // A hidden field of the form, as one fills it from the address of the page that the form stands behind.
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

/** A time as the Graph API writes it: whole seconds, and an offset without a colon. */
function graphTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+0000`;
}
