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
  lookAfterMs: 1_800_000,
  accessToken: undefined,
};
const batchOf = (...conversions: ReturnType<typeof conversion>[]) => ({
  accountId: "5550001111",
  actionId: "91",
  conversions,
});
const token = (refresh: boolean) => Promise.resolve(refresh ? "new" : "old");
const uploadsOf = (changes: Partial<UploadsConfig> = {}) => googleUploads({ ...config, ...changes }, token);
const taken = { json: { requestId: "r-1" } };

test("a batch is one request as Google has it, and its id is kept", async () => {
  const { asked, context } = fakeGoogle(taken);
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
  expect(await uploads.send(batch, context)).toEqual({ taken: true, requestId: "r-1" });
  const [request] = asked;
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

test("consent is carried and never made up", async () => {
  const { asked, context } = fakeGoogle(taken);
  await uploadsOf().send(batchOf(conversion("1"), conversion("2", { consent: { adUserData: "denied" } })), context);
  const { events, ...request } = JSON.parse(String(asked[0]?.body)) as { events: Record<string, unknown>[] };
  expect(events.map(({ consent }) => consent)).toEqual([undefined, { adUserData: "CONSENT_DENIED" }]);
  expect(request).not.toHaveProperty("consent");
});

test("Google's limits are told, and what was kept before there was an account goes to the one that is set", async () => {
  const uploads = uploadsOf();
  expect([uploads.maxBatch, uploads.requestsPerMinute]).toEqual([2_000, 300]);
  expect(uploads.scopes("42")).toEqual(["google:project", "google:account:42"]);
  expect(uploads.scopes("default")).toEqual(["google:project", "google:account:5550001111"]);
  const { asked, context } = fakeGoogle(taken);
  await uploads.send({ accountId: "default", actionId: "default", conversions: [conversion("1")] }, context);
  expect(JSON.parse(String(asked[0]?.body))).toMatchObject({
    destinations: [{ operatingAccount: { accountId: "5550001111" }, productDestinationId: "91" }],
  });
});

test("a token that is refused is fetched anew, once", async () => {
  const refused = googleError(401, "UNAUTHENTICATED");
  const { asked, context } = fakeGoogle(refused, taken);
  expect(await uploadsOf().send(batchOf(conversion("1")), context)).toMatchObject({ taken: true });
  expect(asked.map(({ headers }) => headers?.["authorization"])).toEqual(["Bearer old", "Bearer new"]);
  await expect(uploadsOf().send(batchOf(conversion("1")), fakeGoogle(refused, refused).context)).rejects.toMatchObject({
    next: { kind: "paused", scope: "google:project" },
  });
});

test("an answer that names no request leaves open whether it was taken", async () => {
  for (const json of [undefined, {}, { requestId: "" }])
    await expect(uploadsOf().send(batchOf(conversion("1")), fakeGoogle({ json }).context)).rejects.toMatchObject({
      next: { kind: "retryable" },
      uncertain: true,
    });
});

describe("a request that is refused", () => {
  const send = (json: unknown, ...ids: string[]) =>
    uploadsOf().send(batchOf(...ids.map((id) => conversion(id))), fakeGoogle({ status: 400, json }).context);

  test("names the conversions that are to blame, each with all of its reasons, in either spelling", async () => {
    const answer = await send(fixture("error-400-two-events"), "a", "b", "c");
    expect(answer).toEqual({
      taken: false,
      reason: expect.stringContaining("INVALID_CURRENCY_CODE"),
      rejected: [
        { id: "a", reason: "INVALID_HEX_ENCODING (user_data.user_identifiers[1])" },
        { id: "c", reason: "INVALID_CURRENCY_CODE (currency), NO_IDENTIFIERS_PROVIDED" },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain("ada@example.com");
  });

  test("for its account or action blames no conversion: the account waits for a person", async () => {
    await expect(send(fixture("error-400-account"), "a", "b")).rejects.toMatchObject({
      next: { kind: "paused", scope: "google:account:5550001111" },
      message:
        "Google refuses the account or the conversion action: " +
        "INVALID_NUMBER_FORMAT (destinations[0].login_account.account_id)",
    });
  });

  test.each([
    ["without a violation", violations(), "INVALID_ARGUMENT"],
    ["for events of no number", violations({ field: "events", reason: "TOO_MANY_EVENTS" }), "TOO_MANY_EVENTS (events)"],
    ["for a field without a name", violations({ field: "", reason: "INVALID_ARGUMENT" }), "INVALID_ARGUMENT"],
    ["for an event that is not in it", violations({ field: "events[7]", reason: "INVALID_EVENT" }), "INVALID_EVENT"],
  ])("%s names none, so that it is halved", async (_, { json }, reason) => {
    expect(await send(json, "a", "b")).toEqual({ taken: false, reason, rejected: [] });
  });

  test("names exactly the bad ones of any mix, however they are spelled", async () => {
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

describe("what became of a request", () => {
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

  test("is asked for by its id", async () => {
    const { asked, context } = fakeGoogle({ json: fixture("status-partial") });
    expect(await uploadsOf().outcome("r 1", "5550001111", context)).toEqual({
      state: "partial",
      errors: [{ reason: "INVALID_GCLID", count: 2 }],
      warnings: [{ reason: "INTERNAL_ERROR", count: 1 }],
      again: false,
    });
    expect(asked).toMatchObject([
      { method: "GET", url: "https://google.test/v1/requestStatus:retrieve?requestId=r%201" },
    ]);
    expect(asked[0]).not.toHaveProperty("body");
  });

  test.each([
    [statusOf("PROCESSING"), { state: "processing" }],
    [statusOf("REQUEST_STATUS_UNKNOWN"), { state: "processing" }],
    [statusOf("SUCCESS"), { state: "success", errors: [], warnings: [], again: false }],
    [statusOf("FAILED", ["INVALID_GCLID", "3"]), { state: "failed", errors: [{ reason: "INVALID_GCLID", count: 3 }] }],
    [
      statusOf("FAILED", ["INTERNAL_ERROR"]),
      { state: "failed", errors: [{ reason: "INTERNAL_ERROR", count: 1 }], again: true },
    ],
    [statusOf("PARTIAL_SUCCESS", ["INVALID_GCLID"], ["INTERNAL_ERROR"]), { state: "partial", again: true }],
    [statusOf("FAILED"), { state: "failed", errors: [] }],
    [statusOf("FAILED", ["ada@example.com", "1"]), { state: "failed", errors: [{ reason: "UNKNOWN", count: 1 }] }],
  ])("%j is %j", async (json, expected) => {
    expect(await outcome(json)).toMatchObject(expected);
  });

  test("13: what Google had before counts as taken", async () => {
    const twice: [string, string][] = [
      ["DUPLICATE_TRANSACTION_ID", "4"],
      ["DUPLICATE_GCLID", "1"],
    ];
    for (const status of ["FAILED", "PARTIAL_SUCCESS"]) {
      expect(await outcome(statusOf(status, ...twice))).toEqual({
        state: "success",
        errors: [],
        warnings: [],
        again: false,
      });
      expect(await outcome(statusOf(status, ...twice, ["EVENT_TOO_OLD", "2"]))).toEqual({
        state: "partial",
        errors: [{ reason: "EVENT_TOO_OLD", count: 2 }],
        warnings: [],
        again: false,
      });
    }
  });

  test("is asked for again when the answer is none", async () => {
    for (const json of [undefined, {}, { requestStatusPerDestination: [] }])
      await expect(outcome(json)).rejects.toMatchObject({ next: { kind: "retryable" } });
  });

  test("is never told of a request that Google does not know", async () => {
    const unknown = googleError(404, "NOT_FOUND", {
      reason: "INVALID_REQUEST_ID",
      domain: "datamanager.googleapis.com",
    });
    await expect(uploadsOf().outcome("r", "1", fakeGoogle(unknown).context)).rejects.toMatchObject({
      next: { kind: "permanent" },
    });
  });
});
