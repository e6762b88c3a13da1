import { expect, test } from "vitest";
import type { HttpResponse, NextStep } from "@millrace/core";
import { classifyLeadError, mayBeAboutFields } from "./lead-error.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
const MINUTE = 60_000;
const pageScope = "meta:page:51";
const leadScope = "meta:lead:7";
const call = { pageScope, leadScope, receivedAt: NOW };
const inMs = (ms: number) => new Date(NOW.getTime() + ms);

function answer(error: Record<string, unknown> | undefined, status = 400, headers = {}): HttpResponse {
  return {
    status,
    headers,
    json: error && { error: { message: "SECRET in Meta's text", type: "OAuthException", ...error } },
  };
}

const next = (response: HttpResponse, about = call) => classifyLeadError(response, about, NOW)?.next;

test.each<[number, number | undefined, NextStep]>([
  ...[4, 17, 32, 341, 613, 80_001, 80_005].map((code): [number, undefined, NextStep] => [
    code,
    undefined,
    { kind: "rate_limited", scope: pageScope, until: inMs(5 * MINUTE) },
  ]),
  ...[1, 2].map((code): [number, undefined, NextStep] => [code, undefined, { kind: "unavailable", scope: pageScope }]),
  ...[undefined, 458, 459, 460, 463, 464, 467].map((subcode): [number, number | undefined, NextStep] => [
    190,
    subcode,
    { kind: "paused", scope: pageScope },
  ]),
  ...[102, 3, 10, 200, 278, 299, 368].map((code): [number, undefined, NextStep] => [
    code,
    undefined,
    { kind: "paused", scope: pageScope },
  ]),
  [100, undefined, { kind: "permanent" }],
  [100, 2_018_001, { kind: "permanent" }],
  [803, undefined, { kind: "permanent" }],
  [300, undefined, { kind: "retryable" }],
  [199, undefined, { kind: "retryable" }],
])("Graph error %i/%s maps to its next step", (code, error_subcode, step) => {
  expect(next(answer({ code, error_subcode }))).toEqual(step);
});

test("the error code decides, whatever the HTTP status", () => {
  for (const status of [200, 400, 401, 403, 404]) {
    expect(next(answer({ code: 190 }, status))).toEqual({ kind: "paused", scope: pageScope });
    expect(next(answer({ code: 80_005 }, status))).toMatchObject({ kind: "rate_limited" });
  }
});

test("a transient error makes the page unavailable, and a throttled call waits", () => {
  expect(next(answer({ code: 10, is_transient: true }))).toEqual({ kind: "unavailable", scope: pageScope });
  expect(next(answer({ code: 100 }, 503))).toEqual({ kind: "unavailable", scope: pageScope });
  expect(next(answer({ code: 4, is_transient: true }, 403))).toMatchObject({ kind: "rate_limited" });
});

const usage = (...minutes: unknown[]) => ({
  "x-business-use-case-usage": JSON.stringify(
    Object.fromEntries(
      minutes.map((estimate, id) => [id, [{ type: "leadgen", estimated_time_to_regain_access: estimate }]]),
    ),
  ),
});

test.each([
  [usage(12), 12],
  [usage(3, 40, 0), 40],
  [usage("7"), 7],
  [usage(0), 5],
  [usage(-9), 5],
  [usage(null, "soon"), 5],
  [usage(9e15), 24 * 60],
  [{ "x-business-use-case-usage": "{half" }, 5],
  [{ "x-business-use-case-usage": "[]" }, 5],
  [{}, 5],
])("with the usage header %j a throttled page waits %i minutes", (headers, minutes) => {
  expect(next(answer({ code: 80_005 }, 400, headers))).toEqual({
    kind: "rate_limited",
    scope: pageScope,
    until: inMs(minutes * MINUTE),
  });
});

test("a new lead that cannot be read is fetched again with growing delays for ten minutes", () => {
  const missing = answer({ code: 100, error_subcode: 33 });
  const waits = [0, 5, 10, 40, 320, 599].map((age) => {
    const step = next(missing, { ...call, receivedAt: inMs(-age * 1000) });
    return step?.kind === "rate_limited" && step.scope === leadScope
      ? (step.until.getTime() - NOW.getTime()) / 1000
      : step;
  });
  expect(waits).toEqual([5, 5, 10, 40, 320, 599]);
  expect(next(missing, { ...call, receivedAt: inMs(-10 * MINUTE) })).toEqual({ kind: "paused", scope: leadScope });
});

test("without a Graph error the HTTP status decides", () => {
  expect(next(answer(undefined, 200))).toBeUndefined();
  expect(next({ status: 502, headers: {}, json: undefined })).toEqual({ kind: "unavailable", scope: pageScope });
  expect(next({ status: 429, headers: { "retry-after": "30" }, json: "slow down" })).toEqual({
    kind: "rate_limited",
    scope: pageScope,
    until: inMs(30_000),
  });
  expect(next({ status: 403, headers: {}, json: { error: "forbidden" } })).toEqual({
    kind: "paused",
    scope: pageScope,
  });
});

test("the error names Meta's code and trace id, and contains no text of Meta's", () => {
  const error = classifyLeadError(answer({ code: 190, error_subcode: 463, fbtrace_id: "Az_1-x" }), call, NOW);
  expect(error?.message).toBe("the page's access token is not valid (Graph error 190/463, trace Az_1-x)");
  expect(error?.code).toBe("190/463");
  const odd = classifyLeadError(
    answer({ code: 190, fbtrace_id: "SECRET <script>", error_subcode: "SECRET" }),
    call,
    NOW,
  );
  expect(odd?.message).toBe("the page's access token is not valid (Graph error 190)");
});

test("only an error that the requested fields can cause is tried again with fewer fields", () => {
  const codes = (status: number, error: Record<string, unknown>) => mayBeAboutFields(answer(error, status));
  expect([10, 100, 200, 278].map((code) => codes(400, { code }))).toEqual([true, true, true, true]);
  expect([4, 190, 368, 803, 80_005, 2].map((code) => codes(400, { code }))).toEqual(Array(6).fill(false));
  expect(codes(400, { code: 100, error_subcode: 33 })).toBe(false);
  expect(codes(500, { code: 100 })).toBe(false);
  expect(codes(400, { code: 200, is_transient: true })).toBe(false);
  expect(mayBeAboutFields(answer(undefined, 403))).toBe(false);
});
