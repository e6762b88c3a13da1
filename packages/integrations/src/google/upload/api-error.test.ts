import { expect, test } from "vitest";
import type { HttpResponse, NextStep } from "@millrace/core";
import { classifyGoogle } from "./api-error.ts";
import { fixture, googleError, NOW, violations } from "./test/fake-google.ts";

const project: NextStep = { kind: "paused", scope: "google:project" };
const account: NextStep = { kind: "paused", scope: "google:account:1" };
const again: NextStep = { kind: "retryable" };
const down: NextStep = { kind: "unavailable", scope: "google:project" };
const later = (ms: number): NextStep => ({
  kind: "rate_limited",
  scope: "google:project",
  until: new Date(NOW.getTime() + ms),
});
const reason = (name: string, domain = "datamanager.googleapis.com") => ({ reason: name, domain });
const TERMS = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED";

const withHeader = (response: HttpResponse, wait: string) => ({ ...response, headers: { "retry-after": wait } });

test.each<[string, HttpResponse, NextStep]>([
  ["UNAVAILABLE", googleError(503, "UNAVAILABLE"), down],
  ["INTERNAL", googleError(500, "INTERNAL"), down],
  ["UNKNOWN", googleError(500, "UNKNOWN"), down],
  ["DEADLINE_EXCEEDED", googleError(504, "DEADLINE_EXCEEDED"), down],
  ["ABORTED", googleError(409, "ABORTED"), again],
  ["an HTML page of a gateway", { status: 502, headers: {}, json: undefined }, down],
  ["UNAVAILABLE for a while", withHeader(googleError(503, "UNAVAILABLE"), "9"), later(9_000)],
  ["RESOURCE_EXHAUSTED", googleError(429, "RESOURCE_EXHAUSTED"), later(60_000)],
  ["RESOURCE_EXHAUSTED for a while", googleError(429, "RESOURCE_EXHAUSTED", { retryDelay: "7.5s" }), later(7_500)],
  ["RESOURCE_EXHAUSTED by its header", withHeader(googleError(429, "RESOURCE_EXHAUSTED"), "11"), later(11_000)],
  ["UNAUTHENTICATED", googleError(401, "UNAUTHENTICATED"), project],
  ["SERVICE_DISABLED", { status: 403, headers: {}, json: fixture("error-403-service-disabled") }, project],
  [
    "a missing OAuth scope",
    googleError(403, "PERMISSION_DENIED", reason("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com")),
    project,
  ],
  ["PERMISSION_DENIED", googleError(403, "PERMISSION_DENIED", reason("PERMISSION_DENIED")), account],
  ["403 without a body", { status: 403, headers: {}, json: undefined }, account],
  ["terms", googleError(403, "PERMISSION_DENIED", reason(TERMS)), account],
  ["terms under another status", googleError(400, "FAILED_PRECONDITION", reason(TERMS)), account],
  ["terms as a violation", violations({ field: "destinations[0]", reason: TERMS }), account],
  ["not allowlisted", googleError(403, "PERMISSION_DENIED", reason("NOT_ALLOWLISTED")), account],
  ["an unknown path", googleError(404, "NOT_FOUND"), project],
  ["an unknown request id", googleError(404, "NOT_FOUND", reason("INVALID_REQUEST_ID")), { kind: "permanent" }],
  ["INVALID_ARGUMENT", violations(), { kind: "permanent" }],
])("%s maps to its next step", (_, response, next) => {
  expect(classifyGoogle(response, "1", NOW)?.next).toEqual(next);
});

test("a successful response has no error", () => {
  expect(classifyGoogle({ status: 200, headers: {}, json: {} }, "1", NOW)).toBeUndefined();
});

test("the error names Google's reason and request id, and contains no text of Google's", () => {
  const error = classifyGoogle(
    googleError(403, "PERMISSION_DENIED", reason("PERMISSION_DENIED"), { requestId: "t-6bc8" }),
    "1",
    NOW,
  );
  expect(error?.message).toBe(
    "the credentials may not upload to the account (Google error PERMISSION_DENIED, request t-6bc8)",
  );
  expect(error?.code).toBe("PERMISSION_DENIED");
  const gone = classifyGoogle(googleError(400, "INVALID_ARGUMENT", reason("INVALID_REQUEST_ID")), "1", NOW);
  expect(gone).toMatchObject({ code: "INVALID_REQUEST_ID", next: { kind: "permanent" } });
  const odd = classifyGoogle(googleError(401, "ada@example.com", { reason: "s3cret!", requestId: "<b>" }), "1", NOW);
  expect(odd?.message).toBe("Google rejects the credentials (Google error http_401)");
});
