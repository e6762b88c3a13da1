import { expect, test } from "vitest";
import { inboundEvents } from "./inbound-events.ts";

const parsed = ["a", "b", "a"].map((id) => ({ id, kind: "message", payload: {} }));

const deliver = (events: typeof parsed, correlationId: string) =>
  inboundEvents(events, { integration: "whatsapp", correlationId, receivedAt: new Date("2026-11-20T08:00:00Z") });

test("5: each delivery of a request gives its events the same request and positions", () => {
  const [first, second] = [deliver(parsed, "first"), deliver(parsed, "second")];
  expect(first.map(({ id, index }) => [id, index])).toEqual([
    ["a", 0],
    ["b", 1],
  ]);
  expect(new Set([...first, ...second].map(({ request }) => request)).size).toBe(1);
  expect(first[0]?.request).toMatch(/^[0-9a-f-]{36}$/);
});

test("an event alone in its request needs no request", () => {
  expect(deliver(parsed.slice(0, 1), "first")).not.toHaveProperty("0.request");
});
