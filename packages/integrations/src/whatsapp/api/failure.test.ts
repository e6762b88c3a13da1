import type { HttpResponse } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { NOW, errorResponse } from "../test/fake-graph.ts";
import { failureOf } from "./failure.ts";

const origin = { numberScope: "whatsapp:1", conversationScope: "whatsapp:1:c", rateLimitHits: 0 };
const answer = (response: Partial<HttpResponse>): HttpResponse => ({
  status: 400,
  headers: {},
  json: null,
  ...response,
});
const down = { kind: "unavailable", scope: "whatsapp:1" };
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

test.each([
  [0, 1],
  [1, 4],
  [2, 16],
  [5, 1024],
  [6, 3600],
  [400, 3600],
])("after %i consecutive rate-limit hits the conversation waits %i s", (rateLimitHits, seconds) => {
  expect(failureOf(answer(errorResponse(131056)), { ...origin, rateLimitHits }, NOW)?.next).toEqual({
    kind: "rate_limited",
    scope: "whatsapp:1:c",
    until: inSeconds(seconds),
  });
});

test("a number that sends too fast waits at most a minute", () => {
  const next = failureOf(answer(errorResponse(130429)), { ...origin, rateLimitHits: 9 }, NOW)?.next;
  expect(next).toEqual({ kind: "rate_limited", scope: "whatsapp:1", until: inSeconds(60) });
});

test("a rate limit of a call without a conversation applies to the number", () => {
  const next = failureOf(answer(errorResponse(131056)), { numberScope: "whatsapp:1", rateLimitHits: 0 }, NOW)?.next;
  expect(next).toMatchObject({ scope: "whatsapp:1" });
});

test("Retry-After can lengthen a wait and never shortens it", () => {
  const until = (header: string) => {
    const response = answer({ ...errorResponse(131057), headers: { "retry-after": header } });
    return failureOf(response, origin, NOW)?.next;
  };
  expect(until("600")).toMatchObject({ until: inSeconds(600) });
  expect(until("1")).toMatchObject({ until: inSeconds(120) });
});

describe("an unknown code", () => {
  test.each([
    ["is retried", errorResponse(999_999), { kind: "retryable" }, false],
    ["is uncertain and makes the number unavailable after a server error", errorResponse(999_999, 502), down, true],
    [
      "pauses the number if access is denied",
      errorResponse(999_999, 403),
      { kind: "paused", scope: "whatsapp:1" },
      false,
    ],
    [
      "is rate limited with HTTP 429",
      errorResponse(999_999, 429),
      { kind: "rate_limited", until: inSeconds(60) },
      false,
    ],
    [
      "makes the number unavailable if it is transient",
      errorResponse(999_999, 403, { is_transient: true }),
      down,
      false,
    ],
  ])("%s", (_name, response, next, uncertain) => {
    expect(failureOf(answer(response), origin, NOW)).toMatchObject({ next, uncertain });
  });
});

test("a path with an id that does not exist pauses the number", () => {
  const failure = failureOf(answer(errorResponse(100, 400, { error_subcode: 33 })), origin, NOW);
  expect(failure).toMatchObject({ next: { kind: "paused", scope: "whatsapp:1" }, code: "100/33" });
});

test("an error is recognized with HTTP 200 too", () => {
  expect(failureOf(answer(errorResponse(131026, 200)), origin, NOW)?.next.kind).toBe("permanent");
});

test.each([
  [503, down, true],
  [401, { kind: "paused" }, false],
  [404, { kind: "permanent" }, false],
])("HTTP %i decides if there is no code", (status, next, uncertain) => {
  expect(failureOf(answer({ status }), origin, NOW)).toMatchObject({ next, uncertain });
});

test("a successful response has no error", () => {
  expect(failureOf(answer({ status: 200, json: { messages: [{ id: "wamid.1" }] } }), origin, NOW)).toBeUndefined();
});

test("the error contains the code and the trace id, and none of WhatsApp's texts", () => {
  const message = failureOf(answer(errorResponse(131009, 400, { fbtrace_id: "A1" })), origin, NOW)?.message;
  expect(message).toBe("a value is not valid (WhatsApp error 131009, trace A1)");
  const odd = failureOf(answer(errorResponse(131009, 400, { fbtrace_id: "+49 151" })), origin, NOW)?.message;
  expect(odd).toBe("a value is not valid (WhatsApp error 131009)");
});
