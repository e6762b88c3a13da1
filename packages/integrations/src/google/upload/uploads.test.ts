import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UploadsConfig } from "../config.ts";
import { conversion, fakeGoogle, fixture, googleError, violations } from "./test/fake-google.ts";
import { googleUploads } from "./uploads.ts";

const config: UploadsConfig = {
  accountId: "5550001111",
  actionId: "91",
  loginAccountId: undefined,
  baseUrl: "https://google.test/v1",
  project: undefined,
  statusCheckAfterMs: 1_800_000,
  accessToken: undefined,
};
const batchOf = (...conversions: ReturnType<typeof conversion>[]) => ({
  accountId: "5550001111",
  actionId: "91",
  conversions,
});
const token = (refresh: boolean) => Promise.resolve(refresh ? "new" : "old");
const uploadsOf = (changes: Partial<UploadsConfig> = {}) => googleUploads({ ...config, ...changes }, token);
const accepted = { json: { requestId: "r-1" } };

test("a batch becomes one request in Google's format, and its request id is returned", async () => {
  const { requests, context } = fakeGoogle(accepted);
  const hash = "ab".repeat(32);
  const uploads = uploadsOf({ loginAccountId: "7770002222", project: "acme-ads" });
  const batch = batchOf(
    conversion("1", {
      emailHash: hash,
      phoneHash: hash,
      consent: { adUserData: "granted", adPersonalization: "denied" },
    }),
    conversion("2", {
      click: { kind: "wbraid", id: "w" },
      value: undefined,
      currency: undefined,
      eventSource: "PHONE",
    }),
  );
  expect(await uploads.send(batch, context)).toEqual({ accepted: true, requestId: "r-1" });
  const [request] = requests;
  expect(request).toMatchObject({
    method: "POST",
    url: "https://google.test/v1/events:ingest",
    headers: { authorization: "Bearer old", "content-type": "application/json", "x-goog-user-project": "acme-ads" },
  });
  expect(JSON.parse(String(request?.body))).toEqual({
    destinations: [
      {
        operatingAccount: { accountType: "GOOGLE_ADS", accountId: "5550001111" },
        loginAccount: { accountType: "GOOGLE_ADS", accountId: "7770002222" },
        productDestinationId: "91",
      },
    ],
    encoding: "HEX",
    events: [
      {
        transactionId: "order-1",
        eventTimestamp: "2026-11-21T10:00:00+03:00",
        eventSource: "WEB",
        adIdentifiers: { gclid: "click-1" },
        conversionValue: 12.5,
        currency: "EUR",
        userData: { userIdentifiers: [{ emailAddress: hash }, { phoneNumber: hash }] },
        consent: { adUserData: "CONSENT_GRANTED", adPersonalization: "CONSENT_DENIED" },
      },
      {
        transactionId: "order-2",
        eventTimestamp: "2026-11-21T10:00:00+03:00",
        eventSource: "PHONE",
        adIdentifiers: { wbraid: "w" },
      },
    ],
  });
});

test("consent is sent if known and never made up", async () => {
  const { requests, context } = fakeGoogle(accepted);
  await uploadsOf().send(batchOf(conversion("1"), conversion("2", { consent: { adUserData: "denied" } })), context);
  const { events, ...request } = JSON.parse(String(requests[0]?.body)) as { events: Record<string, unknown>[] };
  expect(events.map(({ consent }) => consent)).toEqual([undefined, { adUserData: "CONSENT_DENIED" }]);
  expect(request).not.toHaveProperty("consent");
});

test("the uploads have Google's limits, and a conversion without an account goes to the configured account", async () => {
  const uploads = uploadsOf();
  expect([uploads.maxBatch, uploads.requestRate]).toEqual([2_000, { intervalMs: 250, burst: 20 }]);
  expect(uploads.scopes("42")).toEqual(["google:project", "google:account:42"]);
  expect(uploads.scopes("default")).toEqual(["google:project", "google:account:5550001111"]);
  const { requests, context } = fakeGoogle(accepted);
  await uploads.send({ accountId: "default", actionId: "default", conversions: [conversion("1")] }, context);
  expect(JSON.parse(String(requests[0]?.body))).toMatchObject({
    destinations: [{ operatingAccount: { accountId: "5550001111" }, productDestinationId: "91" }],
  });
});

test("a rejected token is refreshed once", async () => {
  const rejected401 = googleError(401, "UNAUTHENTICATED");
  const { requests, context } = fakeGoogle(rejected401, accepted);
  expect(await uploadsOf().send(batchOf(conversion("1")), context)).toMatchObject({ accepted: true });
  expect(requests.map(({ headers }) => headers?.["authorization"])).toEqual(["Bearer old", "Bearer new"]);
  await expect(
    uploadsOf().send(batchOf(conversion("1")), fakeGoogle(rejected401, rejected401).context),
  ).rejects.toMatchObject({
    next: { kind: "paused", scope: "google:project" },
  });
});

test("a response without a request id is uncertain", async () => {
  for (const json of [undefined, {}, { requestId: "" }])
    await expect(uploadsOf().send(batchOf(conversion("1")), fakeGoogle({ json }).context)).rejects.toMatchObject({
      next: { kind: "retryable" },
      uncertain: true,
    });
});

describe("a rejected request", () => {
  const send = (json: unknown, ...ids: string[]) =>
    uploadsOf().send(batchOf(...ids.map((id) => conversion(id))), fakeGoogle({ status: 400, json }).context);

  test("names the rejected conversions with all reasons, in either spelling", async () => {
    const answer = await send(fixture("error-400-two-events"), "a", "b", "c");
    expect(answer).toEqual({
      accepted: false,
      reason: expect.stringContaining("INVALID_CURRENCY_CODE"),
      rejected: [
        { id: "a", reason: "INVALID_HEX_ENCODING (user_data.user_identifiers[1])" },
        { id: "c", reason: "INVALID_CURRENCY_CODE (currency), NO_IDENTIFIERS_PROVIDED" },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain("ada@example.com");
  });

  test("for a wrong account or action rejects no conversion and pauses the account", async () => {
    await expect(send(fixture("error-400-account"), "a", "b")).rejects.toMatchObject({
      next: { kind: "paused", scope: "google:account:5550001111" },
      message:
        "Google rejects the account or the conversion action: " +
        "INVALID_NUMBER_FORMAT (destinations[0].login_account.account_id)",
    });
  });

  test.each([
    ["without a violation", violations(), "INVALID_ARGUMENT"],
    ["for events of no number", violations({ field: "events", reason: "TOO_MANY_EVENTS" }), "TOO_MANY_EVENTS (events)"],
    ["for a field without a name", violations({ field: "", reason: "INVALID_ARGUMENT" }), "INVALID_ARGUMENT"],
    ["for an event that is not in it", violations({ field: "events[7]", reason: "INVALID_EVENT" }), "INVALID_EVENT"],
  ])("%s rejects no conversion by id", async (_, { json }, reason) => {
    expect(await send(json, "a", "b")).toEqual({ accepted: false, reason, rejected: [] });
  });

  test("names exactly the rejected conversions of any batch, in any spelling", async () => {
    const spelling = fc.constantFrom("events.events", "events");
    const bad = fc.tuple(
      spelling,
      fc.constantFrom("", ".currency", ".consent.ad_user_data"),
      fc.integer({ min: 1, max: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(bad, { nil: undefined }), { minLength: 1, maxLength: 40 }), async (mix) => {
        fc.pre(mix.some((one) => one !== undefined));
        const fields = mix.flatMap((one, index) =>
          one
            ? Array.from({ length: one[2] }, (_, nth) => ({
                field: `${one[0]}[${index}]${one[1]}`,
                reason: `BAD_${nth}`,
              }))
            : [],
        );
        const answer = await send(violations(...fields).json, ...mix.map((_, index) => `row-${index}`));
        const rejected = answer.accepted ? [] : answer.rejected;
        expect(rejected.map(({ id }) => id)).toEqual(mix.flatMap((one, index) => (one ? [`row-${index}`] : [])));
        for (const { id, reason } of rejected)
          expect(reason.split(", ")).toHaveLength(mix[Number(id.slice(4))]?.[2] ?? 0);
      }),
    );
  });
});

describe("the outcome of a request", () => {
  const statusOf = (requestStatus: string, ...errors: [reason: string, count?: string][]) => ({
    requestStatusPerDestination: [
      {
        requestStatus,
        errorInfo: {
          errorCounts: errors.map(([reason, recordCount]) => ({
            reason: `PROCESSING_ERROR_REASON_${reason}`,
            recordCount,
          })),
        },
      },
    ],
  });
  const outcome = async (json: unknown) => uploadsOf().outcome("r 1", "5550001111", fakeGoogle({ json }).context);

  test("is read by the request id", async () => {
    const { requests, context } = fakeGoogle({ json: fixture("status-partial") });
    expect(await uploadsOf().outcome("r 1", "5550001111", context)).toEqual({
      state: "partial",
      errors: [{ reason: "INVALID_GCLID", count: 2 }],
      warnings: [{ reason: "INTERNAL_ERROR", count: 1 }],
      retry: false,
    });
    expect(requests).toMatchObject([
      { method: "GET", url: "https://google.test/v1/requestStatus:retrieve?requestId=r%201" },
    ]);
    expect(requests[0]).not.toHaveProperty("body");
  });

  test.each([
    [statusOf("PROCESSING"), { state: "processing" }],
    [statusOf("REQUEST_STATUS_UNKNOWN"), { state: "processing" }],
    [statusOf("SUCCESS"), { state: "success", errors: [], warnings: [], retry: false }],
    [statusOf("FAILED", ["INVALID_GCLID", "3"]), { state: "failed", errors: [{ reason: "INVALID_GCLID", count: 3 }] }],
    [
      statusOf("FAILED", ["INTERNAL_ERROR"]),
      { state: "failed", errors: [{ reason: "INTERNAL_ERROR", count: 1 }], retry: true },
    ],
    [statusOf("PARTIAL_SUCCESS", ["INVALID_GCLID"], ["INTERNAL_ERROR"]), { state: "partial", retry: true }],
    [statusOf("FAILED"), { state: "failed", errors: [] }],
    [statusOf("FAILED", ["ada@example.com", "1"]), { state: "failed", errors: [{ reason: "UNKNOWN", count: 1 }] }],
  ])("of %j is %j", async (json, expected) => {
    expect(await outcome(json)).toMatchObject(expected);
  });

  test("13: counts duplicates as accepted", async () => {
    const twice: [string, string][] = [
      ["DUPLICATE_TRANSACTION_ID", "4"],
      ["DUPLICATE_GCLID", "1"],
    ];
    for (const status of ["FAILED", "PARTIAL_SUCCESS"]) {
      expect(await outcome(statusOf(status, ...twice))).toEqual({
        state: "success",
        errors: [],
        warnings: [],
        retry: false,
      });
      expect(await outcome(statusOf(status, ...twice, ["EVENT_TOO_OLD", "2"]))).toEqual({
        state: "partial",
        errors: [{ reason: "EVENT_TOO_OLD", count: 2 }],
        warnings: [],
        retry: false,
      });
    }
  });

  test("is read again after an unreadable response", async () => {
    for (const json of [undefined, {}, { requestStatusPerDestination: [] }])
      await expect(outcome(json)).rejects.toMatchObject({ next: { kind: "retryable" } });
  });

  test("fails for a request id that Google does not know", async () => {
    const unknown = googleError(404, "NOT_FOUND", {
      reason: "INVALID_REQUEST_ID",
      domain: "datamanager.googleapis.com",
    });
    await expect(uploadsOf().outcome("r", "1", fakeGoogle(unknown).context)).rejects.toMatchObject({
      next: { kind: "permanent" },
    });
  });
});
