import { expect, test } from "vitest";
import { QUEUE_ROLES, type QueueRole } from "@millrace/core";
import { backoffMs, queueCatalogue, queueDefinition } from "./catalogue.ts";

/** The longest wait from the first attempt to the last, in ms. */
function longest(role: QueueRole): number {
  const { retry } = queueDefinition("whatsapp", role);
  return Array.from({ length: retry.attempts - 1 }, (_, made) => backoffMs(retry, made + 1, 1)).reduce((a, b) => a + b);
}

test("every queue is named after its integration and what it is for", () => {
  for (const role of QUEUE_ROLES) {
    expect(queueDefinition("whatsapp", role)).toMatchObject({
      name: `whatsapp-${role}`,
      integration: "whatsapp",
      role,
    });
  }
});

test("an integration has the queues of what it can do, and none that nobody would work on", () => {
  const names = queueCatalogue([
    { id: "meta" },
    { id: "whatsapp", requests: {}, outbound: {}, media: {} },
    { id: "n8n", assistant: {} },
    { id: "off", outbound: undefined, assistant: undefined },
  ]).map(({ name }) => name);
  expect(names).toEqual([
    "meta-inbound",
    "whatsapp-inbound",
    "whatsapp-requests",
    "whatsapp-outbound",
    "whatsapp-media",
    "n8n-inbound",
    "n8n-ai-turns",
    "off-inbound",
  ]);
});

test("requests alone are worked on in order, and what fails there holds the line up for seconds, not for minutes", () => {
  const inOrder = QUEUE_ROLES.filter((role) => queueDefinition("whatsapp", role).inOrder);
  expect(inOrder).toEqual(["requests"]);
  expect(longest("requests")).toBeLessThan(10_000);
  // The last line of the worked table.
  expect(longest("outbound")).toBe(254_000);
});

test("what is uploaded waits for a platform that is away for hours, before it is a dead letter", () => {
  expect(longest("uploads")).toBe(((5 * 60 + 8) * 60 + 14) * 1_000);
});

test("a delay is a random part of one that doubles up to its cap", () => {
  const policy = { attempts: 8, baseMs: 100, capMs: 1_000 };
  expect([1, 2, 3, 4, 5, 9].map((made) => backoffMs(policy, made, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect([0, 0.25, 0.5].map((random) => backoffMs(policy, 2, random))).toEqual([0, 50, 100]);
});

test("a file may take long, everything else half a minute", () => {
  expect(QUEUE_ROLES.map((role) => [role, queueDefinition("whatsapp", role).deadlineMs])).toEqual(
    QUEUE_ROLES.map((role) => [role, role === "media" || role === "outbound" ? 660_000 : 30_000]),
  );
});
