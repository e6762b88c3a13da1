import { expect, test } from "vitest";
import { classifyHttp, retryAfter } from "./classify-http.ts";

const now = new Date("2026-11-22T10:00:00Z");
const classify = (status: number, headers: Record<string, string> = {}) =>
  classifyHttp({ status, headers, json: undefined }, "scope", now)?.next;

test("the HTTP status decides between retry, outage, pause and dead letter", () => {
  expect(classify(200)).toBeUndefined();
  for (const status of [302, 425]) expect(classify(status)).toEqual({ kind: "retryable" });
  for (const status of [408, 500, 502, 503, 504, 520])
    expect(classify(status)).toEqual({ kind: "unavailable", scope: "scope" });
  for (const status of [401, 403]) expect(classify(status)).toEqual({ kind: "paused", scope: "scope" });
  for (const status of [400, 404, 422]) expect(classify(status)).toEqual({ kind: "permanent" });
});

test("a rate limit waits for Retry-After, or for a minute without it", () => {
  const until = (seconds: number) => ({
    kind: "rate_limited",
    scope: "scope",
    until: new Date(now.getTime() + seconds * 1000),
  });
  expect(classify(429)).toEqual(until(60));
  expect(classify(429, { "retry-after": "7" })).toEqual(until(7));
  expect(classify(503, { "retry-after": "Sun, 22 Nov 2026 10:02:00 GMT" })).toEqual(until(120));
  expect(retryAfter("soon", now)).toBeUndefined();
});
