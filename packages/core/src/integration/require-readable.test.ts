import { expect, test } from "vitest";
import { unreadable } from "../domain/event-id.ts";
import { EVENT_VERSION } from "../domain/event.ts";
import { requireReadable } from "./require-readable.ts";

const origin = {
  v: EVENT_VERSION,
  integration: "mill",
  correlationId: "c-1",
  receivedAt: "2026-11-23T08:00:00.000Z",
} as const;

test("11: an unreadable event fails permanently with its reason, and any other event passes", () => {
  expect(() => requireReadable({ ...origin, ...unreadable("no entries", { of: 1 }) })).toThrow(
    expect.objectContaining({ message: "no entries", code: "unreadable", next: { kind: "permanent" } }),
  );
  expect(() => requireReadable({ ...origin, id: "m-1", kind: "message", payload: {} })).not.toThrow();
});

test("11: an unreadable event with a damaged payload fails permanently", () => {
  expect(() => requireReadable({ ...origin, id: "u-1", kind: "unreadable", payload: null })).toThrow(
    "payload not understood: the whole",
  );
});
