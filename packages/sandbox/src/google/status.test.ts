import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

const MINUTE = 60_000;
const ACCOUNT = { accountType: "GOOGLE_ADS", accountId: "1" };
const destination = (reference: string, action: string) => ({
  reference,
  operatingAccount: ACCOUNT,
  productDestinationId: action,
});
const D1 = destination("d1", "77");

let ms = Date.UTC(2026, 10, 20, 10);
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => new Date(ms) });
});

const headers = { authorization: "Bearer any" };
const event = (transactionId: string, adIdentifiers: object = { gclid: "click" }, more: object = {}) => ({
  transactionId,
  eventTimestamp: "2026-11-20T10:00:00Z",
  adIdentifiers,
  ...more,
});

async function ingest(events: object[], request: object = {}) {
  const body = JSON.stringify({ destinations: [D1], events, ...request });
  const response = await app.request("/datamanager/v1/events:ingest", { method: "POST", headers, body });
  return ((await response.json()) as { requestId: string }).requestId;
}

async function retrieve(requestId: string) {
  const response = await app.request(`/datamanager/v1/requestStatus:retrieve?requestId=${requestId}`, { headers });
  return { status: response.status, body: (await response.json()) as { requestStatusPerDestination: object[] } };
}

const outcome = async (requestId: string) => (await retrieve(requestId)).body.requestStatusPerDestination;
const process = async () => (await app.request("/_datamanager/process", { method: "POST" })).json();
const addFault = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });

test("processing lasts half an hour", async () => {
  const id = await ingest([event("a"), event("b")]);
  ms += 30 * MINUTE - 1;
  const eventsIngestionStatus = { recordCount: "2" };
  expect(await outcome(id)).toEqual([{ destination: D1, requestStatus: "PROCESSING", eventsIngestionStatus }]);
  ms += 1;
  expect(await outcome(id)).toEqual([{ destination: D1, requestStatus: "SUCCESS", eventsIngestionStatus }]);
});

test("processing ends after processingMs, or at `POST /_datamanager/process`", async () => {
  expect(await outcome(await ingest([event("a")]))).toMatchObject([{ requestStatus: "PROCESSING" }]);
  expect([await process(), await process()]).toEqual([{ processed: 1 }, { processed: 0 }]);
  app = createSandboxApp({ now: () => new Date(ms), processingMs: 0 });
  expect(await outcome(await ingest([event("a")]))).toMatchObject([{ requestStatus: "SUCCESS" }]);
});

test("the fault slow_processing lasts until `POST /_datamanager/process`", async () => {
  await addFault({ match: { api: "google" }, fault: "slow_processing" });
  const id = await ingest([event("a")]);
  ms += 24 * 60 * MINUTE;
  expect(await outcome(id)).toMatchObject([{ requestStatus: "PROCESSING" }]);
  await process();
  expect(await outcome(id)).toMatchObject([{ requestStatus: "SUCCESS" }]);
});

test("a status has the number of errors per reason for each destination", async () => {
  const id = await ingest(
    [
      event("a"),
      event("b", { gclid: "invalid-1" }, { destinationReferences: ["d1"] }),
      event("c", { gclid: "invalid-2" }, { destinationReferences: ["d1"] }),
      event("d", { gbraid: "invalid-3" }, { destinationReferences: ["d1"] }),
      event("e", { wbraid: "invalid-4" }, { destinationReferences: ["d1"] }),
      event("f", { gclid: "old-1" }, { destinationReferences: ["d1", "d3"] }),
      event("g", { gclid: "warned-1" }, { destinationReferences: ["d2"] }),
    ],
    { destinations: [D1, destination("d2", "78"), destination("d3", "79")] },
  );
  await process();
  const count = (recordCount: string, name: string) => ({ recordCount, reason: `PROCESSING_ERROR_REASON_${name}` });
  const [one, two, three] = await outcome(id);
  expect(one).toEqual({
    destination: D1,
    requestStatus: "PARTIAL_SUCCESS",
    errorInfo: {
      errorCounts: [
        count("2", "INVALID_GCLID"),
        count("1", "INVALID_GBRAID"),
        count("1", "INVALID_WBRAID"),
        count("1", "EVENT_TOO_OLD"),
      ],
    },
    eventsIngestionStatus: { recordCount: "6" },
  });
  expect(two).toEqual({
    destination: destination("d2", "78"),
    requestStatus: "SUCCESS",
    warningInfo: {
      warningCounts: [{ recordCount: "1", reason: "PROCESSING_WARNING_REASON_INTERNAL_ERROR" }],
    },
    eventsIngestionStatus: { recordCount: "2" },
  });
  expect(three).toMatchObject({ requestStatus: "PARTIAL_SUCCESS", eventsIngestionStatus: { recordCount: "2" } });
});

test("a transaction counts once per conversion action, also when its request is repeated", async () => {
  const duplicates = (recordCount: string) => ({
    errorCounts: [{ recordCount, reason: "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID" }],
  });
  const first = await ingest([event("a"), event("a"), event("b", { gclid: "invalid" })]);
  const repeated = await ingest([event("a")]);
  const mixed = await ingest([event("a"), event("b")]);
  const elsewhere = await ingest([event("a")], { destinations: [destination("d1", "78")] });
  await process();
  expect(await outcome(first)).toMatchObject([{ requestStatus: "PARTIAL_SUCCESS" }]);
  expect(await outcome(repeated)).toMatchObject([{ requestStatus: "FAILED", errorInfo: duplicates("1") }]);
  expect(await outcome(mixed)).toMatchObject([{ requestStatus: "PARTIAL_SUCCESS", errorInfo: duplicates("1") }]);
  expect(await outcome(elsewhere)).toMatchObject([{ requestStatus: "SUCCESS" }]);
  const accepted = (await (await app.request("/_conversions")).json()) as { transactionId: string; reason?: string }[];
  const counting = accepted.filter(({ reason }) => reason === undefined).map(({ transactionId }) => transactionId);
  expect(counting).toEqual(["a", "a", "b", "a"]);
  await app.request("/_conversions", { method: "DELETE" });
  const anew = await ingest([event("a")]);
  await process();
  expect(await outcome(anew)).toMatchObject([{ requestStatus: "SUCCESS" }]);
});

test("a conversion with an internal error counts when it is uploaded again, and the others are duplicates then", async () => {
  const events = [event("a"), event("b", { gclid: "internal-b" }), event("c", { gclid: "internal2-c" })];
  const outcomes = [];
  for (let time = 1; time <= 3; time += 1) {
    const id = await ingest(events);
    await process();
    outcomes.push(await outcome(id));
  }
  const errors = (...counts: [string, string][]) => [
    {
      errorInfo: {
        errorCounts: counts.map(([recordCount, name]) => ({
          recordCount,
          reason: `PROCESSING_ERROR_REASON_${name}`,
        })),
      },
    },
  ];
  expect(outcomes).toMatchObject([
    errors(["2", "INTERNAL_ERROR"]),
    errors(["1", "DUPLICATE_TRANSACTION_ID"], ["1", "INTERNAL_ERROR"]),
    errors(["2", "DUPLICATE_TRANSACTION_ID"]),
  ]);
});

test("a conversion with denied consent does not count, and the event's consent overrides the request's", async () => {
  const consent = { adUserData: "CONSENT_DENIED" };
  const id = await ingest([event("a"), event("b", { gclid: "c" }, { consent: { adUserData: "CONSENT_GRANTED" } })], {
    consent,
  });
  await process();
  expect(await outcome(id)).toMatchObject([
    {
      requestStatus: "PARTIAL_SUCCESS",
      errorInfo: { errorCounts: [{ recordCount: "1", reason: "PROCESSING_ERROR_REASON_DENIED_CONSENT" }] },
    },
  ]);
});

test("an unknown request and a request with validateOnly have no status", async () => {
  for (const id of ["t-unknown-1", await ingest([event("a")], { validateOnly: true })])
    expect(await retrieve(id)).toMatchObject({
      status: 404,
      body: { error: { status: "NOT_FOUND", details: [{ reason: "INVALID_REQUEST_ID" }, {}] } },
    });
});

test("a status requires a token", async () => {
  expect((await app.request("/datamanager/v1/requestStatus:retrieve?requestId=1")).status).toBe(401);
});
