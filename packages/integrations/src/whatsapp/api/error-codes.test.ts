import { describe, expect, test } from "vitest";
import { NOW, errorResponse } from "../test/fake-graph.ts";
import { failureOf } from "./failure.ts";

const origin = { numberScope: "whatsapp:1", conversationScope: "whatsapp:1:c", rateLimitHits: 0 };

function nextAfter(code: number, status: number) {
  const response = { status: 400, headers: {}, json: undefined, ...errorResponse(code, status) };
  return failureOf(response, origin, NOW);
}

describe("makes the number unavailable, and is uncertain after a server error:", () => {
  const next = { kind: "unavailable", scope: "whatsapp:1" };
  test.each([
    [1, 500, true],
    [2, 400, false],
    [2, 503, true],
    [131000, 500, true],
    [131016, 400, false],
    [131016, 500, true],
    [133004, 503, true],
  ])("%i with HTTP %i", (code, status, uncertain) => {
    expect(nextAfter(code, status)).toMatchObject({ next, code: String(code), uncertain });
  });
});

describe("is retried, because the message can be the cause:", () => {
  test.each([
    [1, 400, { kind: "retryable" }],
    [131000, 400, { kind: "retryable" }],
    [135000, 400, { kind: "retryable", attempts: 2 }],
  ])("%i with HTTP %i", (code, status, next) => {
    const failure = nextAfter(code, status);
    expect(failure).toMatchObject({ code: String(code), uncertain: false });
    expect(failure?.next).toEqual(next);
  });
});

describe("rate limits the number:", () => {
  test.each([
    [4, 400, 300],
    [80007, 400, 300],
    [130429, 400, 1],
    [131057, 500, 120],
    [2494100, 500, 120],
    [133016, 400, 3600],
    [131048, 400, 3600],
  ])("%i with HTTP %i for %i s", (code, status, seconds) => {
    const until = new Date(NOW.getTime() + seconds * 1000);
    const failure = nextAfter(code, status);
    expect(failure).toMatchObject({ next: { kind: "rate_limited", scope: "whatsapp:1", until }, uncertain: false });
  });
});

describe("rate limits only the conversation:", () => {
  test.each([
    [131056, 1],
    [134101, 600],
    [131208, 60],
  ])("%i for %i s", (code, seconds) => {
    const until = new Date(NOW.getTime() + seconds * 1000);
    expect(nextAfter(code, 400)?.next).toEqual({ kind: "rate_limited", scope: "whatsapp:1:c", until });
  });
});

test.each([
  [0, 401],
  [3, 500],
  [10, 403],
  [33, 400],
  [190, 401],
  [200, 403],
  [219, 403],
  [299, 403],
  [368, 403],
  [131005, 403],
  [131031, 403],
  [131037, 400],
  [131042, 400],
  [131045, 500],
  [131064, 400],
  [133010, 400],
  [134011, 403],
])("%i with HTTP %i pauses the number", (code, status) => {
  expect(nextAfter(code, status)).toMatchObject({ next: { kind: "paused", scope: "whatsapp:1" }, uncertain: false });
});

test.each([
  100, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131041, 131047, 131049, 131050, 131051, 131052,
  131053, 131055, 131062, 131063, 131207, 131215, 132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016,
  132068, 132069, 134100, 137000,
])("%i fails the message permanently", (code) => {
  expect(nextAfter(code, 400)).toMatchObject({ next: { kind: "permanent" }, code: String(code), uncertain: false });
});
