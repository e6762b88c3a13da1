import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

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

const order = (fault: unknown) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) });
const ingest = (body = BODY, signal?: AbortSignal) =>
  app.request("/datamanager/v1/events:ingest", {
    method: "POST",
    headers,
    body,
    ...(signal ? { signal } : {}),
  });
const retrieve = (id = "1") => app.request(`/datamanager/v1/requestStatus:retrieve?requestId=${id}`, { headers });
const taken = async () => ((await (await app.request("/_conversions")).json()) as object[]).length;

test.each([
  ["http_500", 500, "INTERNAL"],
  ["http_503", 503, "UNAVAILABLE"],
  ["expired_token", 401, "UNAUTHENTICATED"],
  ["service_disabled", 403, "PERMISSION_DENIED"],
  ["permission_denied", 403, "PERMISSION_DENIED"],
  ["rate_limited", 429, "RESOURCE_EXHAUSTED"],
])("the fault %s strikes either method once, and nothing is taken", async (fault, code, status) => {
  for (const step of ["ingest", "status"]) await order({ match: { api: "google", step }, fault });
  for (const response of [await ingest(), await retrieve()])
    expect([response.status, await response.json()]).toMatchObject([code, { error: { code, status } }]);
  expect(await taken()).toBe(0);
  expect((await ingest()).status).toBe(200);
  expect((await retrieve()).status).toBe(404);
});

test.each([
  ["terms_not_signed", "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"],
  ["not_allowlisted", "NOT_ALLOWLISTED"],
])("the fault %s refuses what is sent to its account", async (fault, reason) => {
  await order({ match: { api: "google", accountId: "2" }, fault });
  expect((await ingest()).status).toBe(200);
  await order({ match: { api: "google", accountId: "1" }, fault });
  const response = await ingest();
  expect([response.status, await response.json()]).toMatchObject([403, { error: { details: [{ reason }, {}] } }]);
});

test("an API that is switched off says so as Google's does", async () => {
  await order({ match: { api: "google" }, fault: "service_disabled" });
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

test("too many requests tell how long to wait, twice", async () => {
  await order({ match: { api: "google" }, fault: "rate_limited:7" });
  const response = await ingest();
  expect(response.headers.get("retry-after")).toBe("7");
  expect(await response.json()).toMatchObject({
    error: { details: [{}, { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }] },
  });
});

test("conversions can be taken although it is not said", async () => {
  await order({ match: { api: "google" }, fault: "http_500_taken" });
  expect((await ingest()).status).toBe(500);
  await order({ match: { api: "google" }, fault: "malformed" });
  const half = await ingest();
  expect([half.status, await half.text()]).toEqual([200, '{"request']);
  expect(await taken()).toBe(2);
});

test.each([
  ["timeout", 0],
  ["timeout_taken", 1],
])("with %s there is no answer until the caller goes away", async (fault, conversions) => {
  await order({ match: { api: "google", step: "ingest" }, fault });
  const caller = new AbortController();
  const answer = ingest(BODY, caller.signal);
  // Others are answered meanwhile.
  expect((await retrieve()).status).toBe(404);
  await expect.poll(taken).toBe(conversions);
  caller.abort();
  expect((await answer).status).toBe(499);
  expect((await ingest()).status).toBe(200);
});

test.each([
  ["http_500_taken", 500],
  ["terms_not_signed", 403],
])("the fault %s passes by a request for a status", async (fault, status) => {
  await order({ match: { api: "google" }, fault });
  expect((await retrieve()).status).toBe(404);
  expect((await ingest()).status).toBe(status);
});

test.each([
  ["http_500_taken", 500],
  ["malformed", 200],
])("the fault %s waits for something to be taken", async (fault, status) => {
  await order({ match: { api: "google", step: "ingest" }, fault });
  expect((await ingest("{}")).status).toBe(400);
  const struck = await ingest();
  expect(struck.status).toBe(status);
  expect(await struck.text()).not.toMatch(/^{"requestId":/);
  expect(await (await ingest()).text()).toMatch(/^{"requestId":/);
});

test("the same transactions fail at their first request only", async () => {
  await order({ match: { api: "google" }, fault: "http_503", first: true });
  expect([(await ingest()).status, (await ingest()).status]).toEqual([503, 200]);
});

test.each([
  { fault: "no_field", match: { api: "telegram" } },
  { fault: "blocked", match: { api: "google" } },
  { fault: "http_503", match: { api: "google", chatId: "1" } },
])("the order %j could never be carried out and is refused", async (fault) => {
  expect((await order(fault)).status).toBe(400);
});
