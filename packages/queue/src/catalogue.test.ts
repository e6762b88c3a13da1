import { expect, test } from "vitest";
import { type CapabilityName, QUEUE_ROLES, type QueueRole, rolesOf } from "@millrace/core";
import { backoffMs, queueCatalogue, queueDefinition } from "./catalogue.ts";

/** Returns the longest time from the first attempt to the last, in ms. */
function longestWait(role: QueueRole): number {
  const { retry } = queueDefinition("whatsapp", role);
  return Array.from({ length: retry.attempts - 1 }, (_, made) => backoffMs(retry, made + 1, 1)).reduce((a, b) => a + b);
}

test("a queue is named after its integration and its role", () => {
  for (const role of QUEUE_ROLES) {
    expect(queueDefinition("whatsapp", role)).toMatchObject({
      name: `whatsapp-${role}`,
      integration: "whatsapp",
      role,
    });
  }
});

test("an integration has the queues of its capabilities and no others", () => {
  const names = queueCatalogue([
    { id: "meta" },
    { id: "whatsapp", capabilities: { send: {}, media: {} } },
    { id: "n8n", capabilities: { ai: {} } },
    { id: "google", capabilities: { conversions: {} } },
    { id: "off", capabilities: { send: undefined, ai: undefined } },
  ]).map(({ name }) => name);
  expect(names).toEqual([
    "meta-inbound",
    "whatsapp-inbound",
    "whatsapp-requests",
    "whatsapp-outbound",
    "whatsapp-media",
    "n8n-inbound",
    "n8n-ai-turns",
    "google-inbound",
    "google-uploads",
    "off-inbound",
  ]);
});

test("no two capabilities share a role, so that each queue belongs to one", () => {
  const all: Record<CapabilityName, unknown> = { send: {}, media: {}, ai: {}, conversions: {} };
  expect(rolesOf(all)).toEqual(QUEUE_ROLES);
});

test("only the requests queue is ordered, and a failing job blocks it for less than 10 seconds", () => {
  const inOrder = QUEUE_ROLES.filter((role) => queueDefinition("whatsapp", role).inOrder);
  expect(inOrder).toEqual(["requests"]);
  expect(longestWait("requests")).toBeLessThan(10_000);
  // The last row of the table at the default retry policy.
  expect(longestWait("outbound")).toBe(254_000);
});

test("an upload is retried for five hours before it is a dead letter", () => {
  expect(longestWait("uploads")).toBe(((5 * 60 + 8) * 60 + 14) * 1_000);
});

test("the delay is a random part of a value that doubles up to the cap", () => {
  const policy = { attempts: 8, baseMs: 100, capMs: 1_000 };
  expect([1, 2, 3, 4, 5, 9].map((made) => backoffMs(policy, made, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect([0, 0.25, 0.5].map((random) => backoffMs(policy, 2, random))).toEqual([0, 50, 100]);
});

test("the deadline is 11 minutes for queues that transfer files, and 30 seconds for the others", () => {
  expect(QUEUE_ROLES.map((role) => [role, queueDefinition("whatsapp", role).deadlineMs])).toEqual(
    QUEUE_ROLES.map((role) => [role, role === "media" || role === "outbound" ? 660_000 : 30_000]),
  );
});
