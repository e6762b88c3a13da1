import type { HttpResponse } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { NOW, refusal } from "../test/fake-graph.ts";
import { failureOf } from "./failure.ts";

const origin = { numberScope: "whatsapp:1", conversationScope: "whatsapp:1:c", rateLimitHits: 0 };
const answer = (response: Partial<HttpResponse>): HttpResponse => ({
  status: 400,
  headers: {},
  json: null,
  ...response,
});
const inSeconds = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

test.each([
  [0, 1],
  [1, 4],
  [2, 16],
  [5, 1024],
  [6, 3600],
  [400, 3600],
])("after %i rateLimitHits towards a person in a row it waits %i s", (rateLimitHits, seconds) => {
  expect(failureOf(answer(refusal(131056)), { ...origin, rateLimitHits }, NOW)?.next).toEqual({
    kind: "rate_limited",
    scope: "whatsapp:1:c",
    until: inSeconds(seconds),
  });
});

test("a number that sends too fast waits a minute at most", () => {
  const next = failureOf(answer(refusal(130429)), { ...origin, rateLimitHits: 9 }, NOW)?.next;
  expect(next).toEqual({ kind: "rate_limited", scope: "whatsapp:1", until: inSeconds(60) });
});

test("a call of no conversation makes the number wait", () => {
  const next = failureOf(answer(refusal(131056)), { numberScope: "whatsapp:1", rateLimitHits: 0 }, NOW)?.next;
  expect(next).toMatchObject({ scope: "whatsapp:1" });
});

test("Retry-After lengthens a wait and never shortens it", () => {
  const until = (header: string) => {
    const response = answer({ ...refusal(131057), headers: { "retry-after": header } });
    return failureOf(response, origin, NOW)?.next;
  };
  expect(until("600")).toMatchObject({ until: inSeconds(600) });
  expect(until("1")).toMatchObject({ until: inSeconds(120) });
});

describe("a code that is not known", () => {
  test.each([
    ["is tried again", refusal(999_999), { kind: "retryable" }, false],
    ["is in doubt where the server failed", refusal(999_999, 502), { kind: "retryable" }, true],
    [
      "waits for a person where access is denied",
      refusal(999_999, 403),
      { kind: "paused", scope: "whatsapp:1" },
      false,
    ],
    ["waits where it is too many", refusal(999_999, 429), { kind: "rate_limited", until: inSeconds(60) }, false],
    ["is tried again where it says so", refusal(999_999, 403, { is_transient: true }), { kind: "retryable" }, false],
  ])("%s", (_name, response, next, uncertain) => {
    expect(failureOf(answer(response), origin, NOW)).toMatchObject({ next, uncertain });
  });
});

test("an id in the path that does not exist is for a person to mend", () => {
  const failure = failureOf(answer(refusal(100, 400, { error_subcode: 33 })), origin, NOW);
  expect(failure).toMatchObject({ next: { kind: "paused", scope: "whatsapp:1" }, code: "100/33" });
});

test("an error is one also under HTTP 200", () => {
  expect(failureOf(answer(refusal(131026, 200)), origin, NOW)?.next.kind).toBe("permanent");
});

test.each([
  [503, { kind: "retryable" }, true],
  [401, { kind: "paused" }, false],
  [404, { kind: "permanent" }, false],
])("without a code, HTTP %i decides", (status, next, uncertain) => {
  expect(failureOf(answer({ status }), origin, NOW)).toMatchObject({ next, uncertain });
});

test("success is no failure", () => {
  expect(failureOf(answer({ status: 200, json: { messages: [{ id: "wamid.1" }] } }), origin, NOW)).toBeUndefined();
});

test("nothing of WhatsApp's texts is told, only the code and the trace", () => {
  const message = failureOf(answer(refusal(131009, 400, { fbtrace_id: "A1" })), origin, NOW)?.message;
  expect(message).toBe("a value is not valid (WhatsApp error 131009, trace A1)");
  const odd = failureOf(answer(refusal(131009, 400, { fbtrace_id: "+49 151" })), origin, NOW)?.message;
  expect(odd).toBe("a value is not valid (WhatsApp error 131009)");
});
