import { type Conversion, type Http, parseJsonBody } from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { describe, expect, test } from "vitest";
import { google } from "./index.ts";
import { conversion, NOW } from "./upload/test/fake-google.ts";

const { endpoints } = google.local;
const ACCOUNT = "5550001111";

/** The uploads with the environment of a machine without any account, and their sandbox. */
function withSandbox(variables: Record<string, string> = {}) {
  const app = createSandboxApp({ now: () => NOW, processingMs: 0 });
  const http: Http = async ({ url, method, headers = {}, body }) => {
    const response = await app.request(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      json: parsed.ok ? parsed.value : undefined,
    };
  };
  const uploads = google.capabilities?.conversions?.read({ ...endpoints({}, "http://sandbox.example"), ...variables });
  if (!uploads) throw new Error("the uploads are switched on");
  const context = { http, log: recordingLogger().log, now: () => NOW, signal: new AbortController().signal };
  return {
    fail: (fault: string) =>
      app.request("/_faults", { method: "POST", body: JSON.stringify({ match: { api: "google" }, fault }) }),
    send: (...conversions: (Conversion & { id: string })[]) =>
      uploads.send({ accountId: ACCOUNT, actionId: "91", conversions }, context),
    outcome: (requestId: string) => uploads.outcome(requestId, ACCOUNT, context),
    counted: async () =>
      ((await (await app.request("/_conversions")).json()) as { reason?: string }[]).filter(({ reason }) => !reason),
  };
}

const clicked = (id: string, click: string) => conversion(id, { click: { kind: "gclid", id: click } });
const euro = (id: string) => conversion(id, { currency: "EURO" });

test("the sandbox accepts every kind of conversion and reports them as processed", async () => {
  const { send, outcome, counted } = withSandbox({ GOOGLE_ADS_LOGIN_CUSTOMER_ID: "777-000-2222" });
  const hash = "a".repeat(64);
  const answer = await send(
    conversion("a"),
    conversion("b", { click: { kind: "gbraid", id: "b" }, value: undefined, currency: undefined }),
    conversion("c", { click: { kind: "wbraid", id: "c" }, emailHash: hash, phoneHash: hash, eventSource: "MESSAGE" }),
    conversion("d", { consent: { adUserData: "granted", adPersonalization: "denied" } }),
  );
  if (!answer.accepted) throw new Error(`rejected: ${answer.reason}`);
  expect(await outcome(answer.requestId)).toEqual({ state: "success", errors: [], warnings: [], retry: false });
  expect(await counted()).toMatchObject([
    { transactionId: "order-a", clickKind: "gclid", value: 12.5, currency: "EUR", accountId: ACCOUNT, actionId: "91" },
    { transactionId: "order-b", clickKind: "gbraid" },
    { transactionId: "order-c", clickKind: "wbraid" },
    { transactionId: "order-d", adUserData: "CONSENT_GRANTED", adPersonalization: "CONSENT_DENIED" },
  ]);
});

describe("an upload that the sandbox rejects", () => {
  test.each([undefined, "other_spelling"])("at once rejects only the invalid conversions (%s)", async (fault) => {
    const { send, fail, counted } = withSandbox();
    if (fault) await fail(fault);
    expect(await send(conversion("a"), euro("b"), conversion("c", { emailHash: "ada" }))).toMatchObject({
      rejected: [
        { id: "b", reason: "INVALID_CURRENCY_CODE (currency)" },
        { id: "c", reason: "INVALID_HEX_ENCODING (user_data.user_identifiers[0])" },
      ],
    });
    expect(await counted()).toEqual([]);
  });

  test("without naming a conversion rejects none by id", async () => {
    const { send, fail } = withSandbox();
    await fail("no_field");
    expect(await send(conversion("a"), euro("b"))).toEqual({
      accepted: false,
      reason: "INVALID_ARGUMENT",
      rejected: [],
    });
  });

  test("later counts the errors by reason, ignores duplicates and asks to retry Google's internal errors", async () => {
    const { send, outcome, counted } = withSandbox();
    const batch = [conversion("a"), clicked("b", "old-1"), clicked("c", "internal-1"), clicked("d", "warned-1")];
    const outcomes = [];
    for (const _ of ["once", "again"]) {
      const answer = await send(...batch);
      outcomes.push(answer.accepted && (await outcome(answer.requestId)));
    }
    const tooOld = { reason: "EVENT_TOO_OLD", count: 1 };
    const warnings = [{ reason: "INTERNAL_ERROR", count: 1 }];
    expect(outcomes).toEqual([
      { state: "partial", errors: [tooOld, { reason: "INTERNAL_ERROR", count: 1 }], warnings, retry: true },
      { state: "partial", errors: [tooOld], warnings, retry: false },
    ]);
    expect(await counted()).toHaveLength(3);
  });
});

describe("a fault of the sandbox", () => {
  const account = { next: { kind: "paused", scope: `google:account:${ACCOUNT}` } };
  const project = { next: { kind: "paused", scope: "google:project" } };
  const down = { next: { kind: "unavailable", scope: "google:project" } };
  test.each([
    ["http_503", down],
    ["http_500_taken", { ...down, uncertain: true }],
    ["malformed", { next: { kind: "retryable" }, uncertain: true }],
    ["service_disabled", project],
    ["permission_denied", account],
    ["terms_not_signed", account],
    ["not_allowlisted", account],
    ["rate_limited:7", { next: { kind: "rate_limited", scope: "google:project", until: new Date(+NOW + 7_000) } }],
  ])("%s maps to its next step", async (fault, failure) => {
    const { send, fail } = withSandbox();
    expect((await fail(fault)).status).toBe(204);
    await expect(send(conversion("a"))).rejects.toMatchObject(failure);
    expect(await send(conversion("a"))).toMatchObject({ accepted: true });
  });

  test("expired_token: the token is refreshed once, and then the project pauses", async () => {
    const { send, fail } = withSandbox();
    await fail("expired_token");
    expect(await send(conversion("a"))).toMatchObject({ accepted: true });
    await fail("expired_token");
    await fail("expired_token");
    await expect(send(conversion("a"))).rejects.toMatchObject(project);
  });
});
