import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";
import { abortableRequest } from "../../test/abortable-request.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const BODY = JSON.stringify({
  destinations: [{ operatingAccount: { accountType: "GOOGLE_ADS", accountId: "1" }, productDestinationId: "77" }],
  events: [{ transactionId: "a", eventTimestamp: "2026-11-20T10:00:00Z", adIdentifiers: { gclid: "click" } }],
});
const headers = { authorization: "Bearer any" };

let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => NOW });
});

const addFault = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
const INGEST = "/datamanager/v1/events:ingest";
const ingest = (body = BODY) => app.request(INGEST, { method: "POST", headers, body });
const retrieve = (id = "1") => app.request(`/datamanager/v1/requestStatus:retrieve?requestId=${id}`, { headers });
const accepted = async () => ((await (await app.request("/_conversions")).json()) as object[]).length;

test.each([
  ["http_500", 500, "INTERNAL"],
  ["http_503", 503, "UNAVAILABLE"],
  ["expired_token", 401, "UNAUTHENTICATED"],
  ["service_disabled", 403, "PERMISSION_DENIED"],
  ["permission_denied", 403, "PERMISSION_DENIED"],
  ["rate_limited", 429, "RESOURCE_EXHAUSTED"],
])(
  "the fault %s changes one response of each method, and Google accepts no conversions",
  async (fault, code, status) => {
    for (const step of ["ingest", "status"]) await addFault({ match: { api: "google", step }, fault });
    for (const response of [await ingest(), await retrieve()])
      expect([response.status, await response.json()]).toMatchObject([code, { error: { code, status } }]);
    expect(await accepted()).toBe(0);
    expect((await ingest()).status).toBe(200);
    expect((await retrieve()).status).toBe(404);
  },
);

test.each([
  ["terms_not_signed", "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"],
  ["not_allowlisted", "NOT_ALLOWLISTED"],
])("the fault %s rejects the conversions of its account", async (fault, reason) => {
  await addFault({ match: { api: "google", accountId: "2" }, fault });
  expect((await ingest()).status).toBe(200);
  await addFault({ match: { api: "google", accountId: "1" }, fault });
  const response = await ingest();
  expect([response.status, await response.json()]).toMatchObject([403, { error: { details: [{ reason }, {}] } }]);
});

test("the fault service_disabled responds with Google's error", async () => {
  await addFault({ match: { api: "google" }, fault: "service_disabled" });
  expect(await (await ingest()).json()).toEqual({
    error: {
      code: 403,
      message:
        "Data Manager API has not been used in project PROJECT_NUMBER before or it is disabled. Enable it by " +
        "visiting https://console.cloud.google.com/apis/api/datamanager.googleapis.com/overview?project=" +
        "PROJECT_NUMBER then retry. If you enabled this API recently, wait a few minutes for the action to propagate " +
        "to our systems and retry.",
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "SERVICE_DISABLED",
          domain: "googleapis.com",
          metadata: {
            consumer: "projects/PROJECT_NUMBER",
            service: "datamanager.googleapis.com",
            containerInfo: "PROJECT_NUMBER",
            serviceTitle: "Data Manager API",
          },
        },
      ],
    },
  });
});

test("the fault rate_limited has the delay in the header and in the body", async () => {
  await addFault({ match: { api: "google" }, fault: "rate_limited:7" });
  const response = await ingest();
  expect(response.headers.get("retry-after")).toBe("7");
  expect(await response.json()).toMatchObject({
    error: { details: [{}, { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }] },
  });
});

test("conversions are accepted despite the faults http_500_taken and malformed", async () => {
  await addFault({ match: { api: "google" }, fault: "http_500_taken" });
  expect((await ingest()).status).toBe(500);
  await addFault({ match: { api: "google" }, fault: "malformed" });
  const truncated = await ingest();
  expect([truncated.status, await truncated.text()]).toEqual([200, '{"request']);
  expect(await accepted()).toBe(2);
});

test.each([
  ["timeout", 0],
  ["timeout_taken", 1],
])("the fault %s sends no response until the caller closes the connection", async (fault, conversions) => {
  await addFault({ match: { api: "google", step: "ingest" }, fault });
  const { response, abort } = abortableRequest(app, INGEST, { method: "POST", headers, body: BODY });
  // Other callers get their responses meanwhile.
  expect((await retrieve()).status).toBe(404);
  await expect.poll(accepted).toBe(conversions);
  abort();
  expect((await response).status).toBe(499);
  expect((await ingest()).status).toBe(200);
});

test.each([
  ["http_500_taken", 500],
  ["terms_not_signed", 403],
])("the fault %s does not apply to a request for a status", async (fault, status) => {
  await addFault({ match: { api: "google" }, fault });
  expect((await retrieve()).status).toBe(404);
  expect((await ingest()).status).toBe(status);
});

test.each([
  ["http_500_taken", 500],
  ["malformed", 200],
])("the fault %s waits for a valid request", async (fault, status) => {
  await addFault({ match: { api: "google", step: "ingest" }, fault });
  expect((await ingest("{}")).status).toBe(400);
  const faulty = await ingest();
  expect(faulty.status).toBe(status);
  expect(await faulty.text()).not.toMatch(/^{"requestId":/);
  expect(await (await ingest()).text()).toMatch(/^{"requestId":/);
});

test("with `first` the same transactions fail only once", async () => {
  await addFault({ match: { api: "google" }, fault: "http_503", first: true });
  expect([(await ingest()).status, (await ingest()).status]).toEqual([503, 200]);
});

test.each([
  { fault: "no_field", match: { api: "telegram" } },
  { fault: "blocked", match: { api: "google" } },
  { fault: "http_503", match: { api: "google", chatId: "1" } },
])("the fault %j can apply to no request and is rejected", async (fault) => {
  expect((await addFault(fault)).status).toBe(400);
});
