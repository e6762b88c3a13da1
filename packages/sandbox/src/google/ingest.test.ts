import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

const HASH = "ab".repeat(32);
const CLICK = { adIdentifiers: { gclid: "click-1" } };
const AT = { eventTimestamp: "2026-11-20T10:00:00+03:00" };
const GOOD = { transactionId: "order-1", ...AT, ...CLICK, conversionValue: 12.5, currency: "EUR" };
const ACCOUNT = { accountType: "GOOGLE_ADS", accountId: "1234567890" };
const DESTINATION = { reference: "d1", operatingAccount: ACCOUNT, productDestinationId: "77" };

type Answer = { requestId?: string; error?: { details: { fieldViolations?: object[] }[] } } & Record<string, unknown>;

let ms = Date.UTC(2026, 10, 20, 10);
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

async function post(body: string, headers: Record<string, string> = { authorization: "Bearer any" }) {
  const response = await app.request("/datamanager/v1/events:ingest", { method: "POST", headers, body });
  return { status: response.status, body: (await response.json()) as Answer };
}

const ingest = (events: unknown, request: object = {}) =>
  post(JSON.stringify({ destinations: [DESTINATION], encoding: "HEX", events, ...request }));
const conversions = async () => (await (await app.request("/_conversions")).json()) as object[];
const order = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });

/** Which fields an answer names, and why. */
const named = ({ body }: { body: Answer }) =>
  (body.error?.details ?? [])
    .flatMap(({ fieldViolations = [] }) => fieldViolations as { field: string; reason: string }[])
    .map(({ field, reason }) => `${field} ${reason}`);

const withUser = (...userIdentifiers: object[]) => ({ ...GOOD, userData: { userIdentifiers } });

test("a request that is right is answered with its id, and each of its events is kept as evidence", async () => {
  const second = { reference: "d2", operatingAccount: ACCOUNT, productDestinationId: "78" };
  const both = { ...withUser({ emailAddress: HASH }, { phoneNumber: HASH }), destinationReferences: ["d1", "d2"] };
  const one = { ...AT, adIdentifiers: { wbraid: "click-2" }, destinationReferences: ["d2"] };
  const { status, body } = await ingest([both, one], { destinations: [DESTINATION, second] });
  expect([status, Object.keys(body)]).toEqual([200, ["requestId"]]);
  const kept = { requestId: body.requestId, at: "2026-11-20T10:00:00.000Z", accountId: "1234567890" };
  const first = { ...kept, transactionId: "order-1", clickKind: "gclid", clickId: "click-1" };
  expect(await conversions()).toEqual([
    { ...first, value: 12.5, currency: "EUR", actionId: "77" },
    { ...first, value: 12.5, currency: "EUR", actionId: "78" },
    { ...kept, clickKind: "wbraid", clickId: "click-2", actionId: "78" },
  ]);
  const requests = (await (await app.request("/_requests")).json()) as object[];
  expect(requests).toMatchObject([{ method: "POST", path: "/datamanager/v1/events:ingest", authorized: true }]);
  await app.request("/_conversions", { method: "DELETE" });
  expect(await conversions()).toEqual([]);
});

test("no two requests have one id, also across starts", async () => {
  const ids = [await ingest([GOOD]), await ingest([GOOD])].map(({ body }) => body.requestId);
  ms += 1;
  app = createSandboxApp({ now: () => new Date(ms) });
  expect(new Set([...ids, (await ingest([GOOD])).body.requestId]).size).toBe(3);
});

test("what is only validated is not kept, but refused like anything else", async () => {
  expect((await ingest([GOOD], { validateOnly: true })).status).toBe(200);
  expect((await ingest([{ ...GOOD, currency: "euro" }], { validateOnly: true })).status).toBe(400);
  expect(await conversions()).toEqual([]);
});

test("without a token nobody is let in", async () => {
  expect(await post("{}", {})).toMatchObject({
    status: 401,
    body: { error: { code: 401, status: "UNAUTHENTICATED", details: [{ reason: "CREDENTIALS_MISSING" }] } },
  });
});

test("one wrong event refuses them all, and every wrong one is named", async () => {
  const { adIdentifiers: _, ...nobody } = GOOD;
  const { eventTimestamp: __, ...never } = GOOD;
  const answer = await ingest([GOOD, { ...GOOD, currency: "euro" }, nobody, GOOD, never]);
  expect(answer.status).toBe(400);
  expect(named(answer)).toEqual([
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
])("the event with %j is refused", async (change, problem) => {
  expect(named(await ingest([{ ...GOOD, ...change }]))).toEqual([`events.events[0]${problem}`]);
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
])("destinations and encoding are looked at first: %#", async (change, problem) => {
  const wrong = { ...withUser({ emailAddress: HASH }), currency: "euro" };
  expect(named(await ingest([wrong], change)).join(", ")).toBe(problem);
});

test("a request may have 2,000 events, and the same transaction twice", async () => {
  expect((await ingest(Array.from({ length: 2000 }, () => GOOD))).status).toBe(200);
  expect(await conversions()).toHaveLength(2000);
});

test("base64 is an encoding too", async () => {
  const hash = Buffer.from(HASH, "hex").toString("base64");
  expect((await ingest([withUser({ emailAddress: hash })], { encoding: "BASE64" })).status).toBe(200);
  const answer = await ingest([withUser({ emailAddress: "no hash" })], { encoding: "BASE64" });
  expect(named(answer)).toEqual(["events.events[0].user_data.user_identifiers[0] INVALID_BASE64_ENCODING"]);
});

test("what is wrong is told as Google tells it", async () => {
  const bad = { emailAddress: "nothing hashed" };
  const hashed = { emailAddress: HASH };
  const id: unknown = expect.stringMatching(/^t-\w+/);
  const told = (fieldViolations: object[]) => ({
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
    body: told([
      { field: "events.events[0].user_data.user_identifiers[1]", description, reason },
      { field: "events.events[1].user_data.user_identifiers[2]", description, reason },
    ]),
  });
  const loginAccount = { accountType: "GOOGLE_ADS", accountId: "123-456" };
  expect(await ingest([GOOD], { destinations: [{ ...DESTINATION, loginAccount }] })).toEqual({
    status: 400,
    body: told([
      {
        field: "destinations[0].login_account.account_id",
        description: "String is not a valid number.",
        reason: "INVALID_NUMBER_FORMAT",
      },
    ]),
  });
});

test("a body that is no JSON, and a method that there is not, are refused", async () => {
  expect(await post("{")).toMatchObject({ status: 400, body: { error: { status: "INVALID_ARGUMENT" } } });
  const response = await app.request("/datamanager/v1/events", { method: "POST" });
  expect([response.status, await response.json()]).toMatchObject([404, { error: { status: "NOT_FOUND" } }]);
});

test("a project may make 300 requests a minute, also such as are refused", async () => {
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

test("no limit is kept where so ordered", async () => {
  await app.request("/_limits", { method: "POST", body: '{"enforced":false}' });
  for (let request = 0; request < 301; request++) expect((await ingest([])).status).toBe(400);
});

test("a refusal can leave out which is wrong, or spell it otherwise; what is right passes by such orders", async () => {
  for (const fault of ["no_field", "other_spelling"]) await order({ match: { api: "google" }, fault });
  expect((await ingest([GOOD])).status).toBe(200);
  const wrong = [GOOD, { ...GOOD, currency: "euro" }];
  const silent = await ingest(wrong);
  expect([silent.status, named(silent), silent.body.error?.details.length]).toEqual([400, [], 2]);
  expect(named(await ingest(wrong))).toEqual(["events[1].currency INVALID_CURRENCY_CODE"]);
  expect(named(await ingest(wrong))).toEqual(["events.events[1].currency INVALID_CURRENCY_CODE"]);
  expect(await conversions()).toHaveLength(1);
});
