import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

const HASH = "ab".repeat(32);
const CLICK = { adIdentifiers: { gclid: "click-1" } };
const AT = { eventTimestamp: "2026-11-20T10:00:00+03:00" };
const GOOD = { transactionId: "order-1", ...AT, ...CLICK, conversionValue: 12.5, currency: "EUR" };
const ACCOUNT = { accountType: "GOOGLE_ADS", accountId: "1234567890" };
const DESTINATION = { reference: "d1", operatingAccount: ACCOUNT, productDestinationId: "77" };

type ResponseBody = { requestId?: string; error?: { details: { fieldViolations?: object[] }[] } } & Record<
  string,
  unknown
>;

let ms = Date.UTC(2026, 10, 20, 10);
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

async function post(body: string, headers: Record<string, string> = { authorization: "Bearer any" }) {
  const response = await app.request("/datamanager/v1/events:ingest", { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as ResponseBody };
}

const ingest = (events: unknown, request: object = {}) =>
  post(JSON.stringify({ destinations: [DESTINATION], encoding: "HEX", events, ...request }));
const conversions = async () => (await (await app.request("/_conversions")).json()) as object[];
const addFault = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });

/** Returns the violations of a response as "field reason". */
const violationsOf = ({ body }: { body: ResponseBody }) =>
  (body.error?.details ?? [])
    .flatMap(({ fieldViolations = [] }) => fieldViolations as { field: string; reason: string }[])
    .map(({ field, reason }) => `${field} ${reason}`);

const withUser = (...userIdentifiers: object[]) => ({ ...GOOD, userData: { userIdentifiers } });

test("the response to a valid request has its id, and `/_conversions` lists its events", async () => {
  const second = { reference: "d2", operatingAccount: ACCOUNT, productDestinationId: "78" };
  const both = { ...withUser({ emailAddress: HASH }, { phoneNumber: HASH }), destinationReferences: ["d1", "d2"] };
  const one = { ...AT, adIdentifiers: { wbraid: "click-2" }, destinationReferences: ["d2"] };
  const { status, body } = await ingest([both, one], { destinations: [DESTINATION, second] });
  expect([status, Object.keys(body)]).toEqual([200, ["requestId"]]);
  const common = { requestId: body.requestId, at: "2026-11-20T10:00:00.000Z", accountId: "1234567890" };
  const first = { ...common, transactionId: "order-1", clickKind: "gclid", clickId: "click-1" };
  expect(await conversions()).toEqual([
    { ...first, value: 12.5, currency: "EUR", actionId: "77" },
    { ...first, value: 12.5, currency: "EUR", actionId: "78" },
    { ...common, clickKind: "wbraid", clickId: "click-2", actionId: "78" },
  ]);
  const requests = (await (await app.request("/_requests")).json()) as object[];
  expect(requests).toMatchObject([{ method: "POST", path: "/datamanager/v1/events:ingest", authorized: true }]);
  await app.request("/_conversions", { method: "DELETE" });
  expect(await conversions()).toEqual([]);
});

test("request ids are unique, also after a restart", async () => {
  const ids = [await ingest([GOOD]), await ingest([GOOD])].map(({ body }) => body.requestId);
  ms += 1;
  app = createSandboxApp({ now: () => new Date(ms) });
  expect(new Set([...ids, (await ingest([GOOD])).body.requestId]).size).toBe(3);
});

test("a request with validateOnly is validated and not accepted", async () => {
  expect((await ingest([GOOD], { validateOnly: true })).status).toBe(200);
  expect((await ingest([{ ...GOOD, currency: "euro" }], { validateOnly: true })).status).toBe(400);
  expect(await conversions()).toEqual([]);
});

test("a request without a token is rejected", async () => {
  expect(await post("{}", {})).toMatchObject({
    status: 401,
    body: { error: { code: 401, status: "UNAUTHENTICATED", details: [{ reason: "CREDENTIALS_MISSING" }] } },
  });
});

test("one invalid event rejects the whole request, and the error names every invalid event", async () => {
  const { adIdentifiers: _, ...unidentified } = GOOD;
  const { eventTimestamp: __, ...untimed } = GOOD;
  const response = await ingest([GOOD, { ...GOOD, currency: "euro" }, unidentified, GOOD, untimed]);
  expect(response.status).toBe(400);
  expect(violationsOf(response)).toEqual([
    "events.events[1].currency INVALID_CURRENCY_CODE",
    "events.events[2] NO_IDENTIFIERS_PROVIDED",
    "events.events[4].event_timestamp REQUIRED_FIELD_MISSING",
  ]);
  expect(await conversions()).toEqual([]);
});

test.each([
  [{ eventTimestamp: "2026-11-20T10:00:00" }, ".event_timestamp INVALID_FORMAT"],
  [{ eventTimestamp: "2026-11-20 10:00:00+03:00" }, ".event_timestamp INVALID_FORMAT"],
  [{ eventTimestamp: "2026-13-20T10:00:00Z" }, ".event_timestamp INVALID_FORMAT"],
  [{ adIdentifiers: { gclid: "" } }, " NO_IDENTIFIERS_PROVIDED"],
  [{ adIdentifiers: { gclid: "a", gbraid: "b" } }, ".ad_identifiers INVALID_EVENT"],
  [{ conversionValue: "12.5" }, ".conversion_value INVALID_NUMBER_FORMAT"],
  [{ eventSource: "TELEGRAM" }, ".event_source INVALID_ENUM_VALUE"],
  [{ consent: { adUserData: "GRANTED" } }, ".consent.ad_user_data INVALID_ENUM_VALUE"],
  [{ destinationReferences: ["d1", "d9"] }, ".destination_references[1] INVALID_DESTINATION"],
  [withUser({ emailAddress: "ada@example.com" }), ".user_data.user_identifiers[0] INVALID_HEX_ENCODING"],
  [withUser({ emailAddress: "abcd" }), ".user_data.user_identifiers[0] INVALID_SHA256_FORMAT"],
  [withUser({ emailAddress: HASH, phoneNumber: HASH }), ".user_data.user_identifiers[0] INVALID_FORMAT"],
  [withUser({}), ".user_data.user_identifiers[0] REQUIRED_FIELD_MISSING"],
  [withUser(...Array.from({ length: 11 }, () => ({ phoneNumber: HASH }))), ".user_data TOO_MANY_USER_IDENTIFIERS"],
])("an event with %j is rejected", async (change, violation) => {
  expect(violationsOf(await ingest([{ ...GOOD, ...change }]))).toEqual([`events.events[0]${violation}`]);
});

test.each([
  [{ destinations: [] }, "destinations REQUIRED_FIELD_MISSING"],
  [{ destinations: Array.from({ length: 11 }, () => DESTINATION) }, "destinations TOO_MANY_DESTINATIONS"],
  [
    { destinations: [{ ...DESTINATION, operatingAccount: { ...ACCOUNT, accountId: "123-456-7890" } }] },
    "destinations[0].operating_account.account_id INVALID_NUMBER_FORMAT",
  ],
  [
    { destinations: [{ ...DESTINATION, productDestinationId: "customers/1/conversionActions/2" }] },
    "destinations[0].product_destination_id INVALID_CONVERSION_ACTION_ID",
  ],
  [
    { destinations: [DESTINATION, { ...DESTINATION, productDestinationId: "78" }] },
    "destinations[0].reference DUPLICATE_DESTINATION_REFERENCE, destinations[1].reference DUPLICATE_DESTINATION_REFERENCE",
  ],
  [{ encoding: "hex" }, "encoding INVALID_ENUM_VALUE"],
  [{ encoding: undefined }, "encoding REQUIRED_FIELD_MISSING"],
  [{ consent: { adPersonalization: true } }, "consent.ad_personalization INVALID_ENUM_VALUE"],
  [{ events: Array.from({ length: 2001 }, () => GOOD) }, "events TOO_MANY_EVENTS"],
])("destinations and encoding are validated before events: %#", async (change, violation) => {
  const wrong = { ...withUser({ emailAddress: HASH }), currency: "euro" };
  expect(violationsOf(await ingest([wrong], change)).join(", ")).toBe(violation);
});

test("a request may have 2,000 events with the same transaction", async () => {
  expect((await ingest(Array.from({ length: 2000 }, () => GOOD))).status).toBe(200);
  expect(await conversions()).toHaveLength(2000);
});

test("user data may be encoded in base64", async () => {
  const hash = Buffer.from(HASH, "hex").toString("base64");
  expect((await ingest([withUser({ emailAddress: hash })], { encoding: "BASE64" })).status).toBe(200);
  const response = await ingest([withUser({ emailAddress: "no hash" })], { encoding: "BASE64" });
  expect(violationsOf(response)).toEqual(["events.events[0].user_data.user_identifiers[0] INVALID_BASE64_ENCODING"]);
});

test("violations are reported in Google's format", async () => {
  const bad = { emailAddress: "nothing hashed" };
  const hashed = { emailAddress: HASH };
  const id: unknown = expect.stringMatching(/^t-\w+/);
  const errorWith = (fieldViolations: object[]) => ({
    error: {
      code: 400,
      message: "There was a problem with the request.",
      status: "INVALID_ARGUMENT",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "INVALID_ARGUMENT",
          domain: "datamanager.googleapis.com",
          metadata: { requestId: id },
        },
        { "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: id },
        { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations },
      ],
    },
  });
  const description = "The HEX encoded value is malformed.";
  const reason = "INVALID_HEX_ENCODING";
  expect(await ingest([withUser(hashed, bad), withUser(hashed, hashed, bad)])).toEqual({
    status: 400,
    body: errorWith([
      { field: "events.events[0].user_data.user_identifiers[1]", description, reason },
      { field: "events.events[1].user_data.user_identifiers[2]", description, reason },
    ]),
  });
  const loginAccount = { accountType: "GOOGLE_ADS", accountId: "123-456" };
  expect(await ingest([GOOD], { destinations: [{ ...DESTINATION, loginAccount }] })).toEqual({
    status: 400,
    body: errorWith([
      {
        field: "destinations[0].login_account.account_id",
        description: "String is not a valid number.",
        reason: "INVALID_NUMBER_FORMAT",
      },
    ]),
  });
});

test("a body that is no JSON and an unknown method are rejected", async () => {
  expect(await post("{")).toMatchObject({ status: 400, body: { error: { status: "INVALID_ARGUMENT" } } });
  const response = await app.request("/datamanager/v1/events", { method: "POST" });
  expect([response.status, await response.json()]).toMatchObject([404, { error: { status: "NOT_FOUND" } }]);
});

test("a project may make 300 requests a minute, including invalid ones", async () => {
  const statuses = new Set<number>();
  for (let request = 0; request < 300; request++) statuses.add((await ingest([])).status);
  expect([...statuses]).toEqual([400]);
  expect(await ingest([GOOD])).toMatchObject({
    status: 429,
    body: { error: { status: "RESOURCE_EXHAUSTED", details: [{ reason: "RATE_LIMIT_EXCEEDED" }] } },
  });
  const status = "/datamanager/v1/requestStatus:retrieve?requestId=1";
  expect((await app.request(status, { headers: { authorization: "Bearer any" } })).status).toBe(429);
  const body = JSON.stringify({ destinations: [DESTINATION], events: [GOOD] });
  expect((await post(body, { authorization: "Bearer another" })).status).toBe(200);
  ms += 200;
  expect((await ingest([GOOD])).status).toBe(200);
});

test("the rate limit can be switched off", async () => {
  await app.request("/_limits", { method: "POST", body: '{"enforced":false}' });
  for (let request = 0; request < 301; request++) expect((await ingest([])).status).toBe(400);
});

test("no_field and other_spelling change the reported violations, and do not apply to valid requests", async () => {
  for (const fault of ["no_field", "other_spelling"]) await addFault({ match: { api: "google" }, fault });
  expect((await ingest([GOOD])).status).toBe(200);
  const wrong = [GOOD, { ...GOOD, currency: "euro" }];
  const unnamed = await ingest(wrong);
  expect([unnamed.status, violationsOf(unnamed), unnamed.body.error?.details.length]).toEqual([400, [], 2]);
  expect(violationsOf(await ingest(wrong))).toEqual(["events[1].currency INVALID_CURRENCY_CODE"]);
  expect(violationsOf(await ingest(wrong))).toEqual(["events.events[1].currency INVALID_CURRENCY_CODE"]);
  expect(await conversions()).toHaveLength(1);
});
