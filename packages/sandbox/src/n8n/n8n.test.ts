import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createSandboxApp } from "../app.ts";
import type { Delivery } from "../webhooks/deliver.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");

function sandbox() {
  const deliveries: Delivery[] = [];
  const app = createSandboxApp({
    now: () => NOW,
    deliver: (delivery) => void deliveries.push(delivery),
    n8nSecret: "s",
  });
  return {
    app,
    deliveries,
    bodies: () => deliveries.map(({ body }) => JSON.parse(body) as unknown),
    addFault: (fault: object) => app.request("/_faults", { method: "POST", body: JSON.stringify(fault) }),
    ask: (turnId: string, ...texts: (string | null)[]) =>
      app.request("/n8n/webhook/millrace", {
        method: "POST",
        headers: { authorization: "Bearer SECRET", "webhook-id": turnId },
        body: JSON.stringify({
          turnId,
          conversation: { id: "conversation-1" },
          messages: texts.map((text) => ({ direction: "inbound", type: text === null ? "image" : "text", text })),
        }),
      }),
  };
}

const answer = (turnId: string, ...texts: string[]) => ({
  turnId,
  messages: texts.map((text) => ({ type: "text", text })),
});

test("a question starts the workflow, and its answer is signed", async () => {
  const { ask, deliveries, bodies } = sandbox();
  const response = await ask("turn-1", "Is it there?", null);
  expect([response.status, await response.json()]).toEqual([200, { message: "Workflow was started" }]);
  await expect.poll(bodies).toEqual([answer("turn-1", "You wrote: Is it there? / (image)")]);
  const [{ path, headers, body }] = deliveries as [Delivery];
  expect(path).toBe("/api/integrations/n8n/ai-response");
  expect(headers["x-timestamp"]).toBe("1795168800");
  expect(headers["x-signature"]).toBe(`sha256=${createHmac("sha256", "s").update(`1795168800.${body}`).digest("hex")}`);
});

test("a customer who asks for a person gets a takeover", async () => {
  const { ask, deliveries, bodies } = sandbox();
  await ask("turn-1", "I want a human, please");
  await expect
    .poll(bodies)
    .toEqual([{ conversationId: "conversation-1", mode: "human", actor: "sandbox AI", reason: expect.any(String) }]);
  expect(deliveries[0]?.path).toBe("/api/integrations/n8n/human-takeover");
});

test.each([
  ["not_registered", 404, 'The requested webhook \\"POST millrace\\" is not registered.'],
  ["http_500", 500, "Error in workflow"],
])("the fault %s changes one response, and the AI does not answer", async (fault, status, text) => {
  const { ask, addFault, bodies } = sandbox();
  await addFault({ match: { turnId: "turn-1" }, fault });
  const response = await ask("turn-1", "a");
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(text);
  await ask("turn-2", "b");
  await expect.poll(bodies).toEqual([answer("turn-2", "You wrote: b")]);
});

test("the workflow starts despite the fault http_500_taken", async () => {
  const { ask, addFault, bodies } = sandbox();
  await addFault({ match: { api: "n8n" }, fault: "http_500_taken" });
  expect((await ask("turn-1", "a")).status).toBe(500);
  await expect.poll(bodies).toEqual([answer("turn-1", "You wrote: a")]);
});

test.each([
  ["answer_twice", [answer("turn-1", "You wrote: a"), answer("turn-1", "You wrote: a")]],
  ["answer_several", [answer("turn-1", "You wrote: a", "Is there anything else?", "I am here all day.")]],
  ["answer_late:30", [answer("turn-1", "You wrote: a")]],
])("the fault %s changes the answers", async (fault, expected) => {
  const { ask, addFault, bodies } = sandbox();
  await addFault({ match: { conversationId: "conversation-1" }, fault });
  expect((await ask("turn-1", "a")).status).toBe(200);
  await expect.poll(bodies).toEqual(expected);
});

test("slow waits for the release, and no_answer sends no answer", async () => {
  const { ask, addFault, bodies, app } = sandbox();
  await addFault({ match: { turnId: "turn-1" }, fault: "slow" });
  await addFault({ match: { turnId: "turn-2" }, fault: "no_answer" });
  for (const turn of ["turn-1", "turn-2", "turn-3"]) await ask(turn, "a");
  await expect.poll(bodies).toEqual([answer("turn-3", "You wrote: a")]);
  expect(await (await app.request("/_n8n/release", { method: "POST" })).json()).toEqual({ released: 1 });
  expect(bodies()).toEqual([answer("turn-3", "You wrote: a"), answer("turn-1", "You wrote: a")]);
});

test("`/_n8n/asked` lists questions with their headers and without credentials", async () => {
  const { ask, app } = sandbox();
  await ask("turn-1", "a");
  const listed = await (await app.request("/_n8n/asked")).text();
  expect(JSON.parse(listed)).toMatchObject([
    { at: NOW.toISOString(), headers: { "webhook-id": "turn-1" }, question: { turnId: "turn-1" } },
  ]);
  expect(listed).not.toContain("SECRET");
});

test("other paths and methods are not registered", async () => {
  const { app } = sandbox();
  const other = await app.request("/n8n/webhook/other", { method: "POST" });
  expect([other.status, await other.json()]).toMatchObject([
    404,
    { code: 404, message: 'The requested webhook "POST other" is not registered.' },
  ]);
  expect(await (await app.request("/n8n/webhook/millrace")).json()).toMatchObject({
    message: "This webhook is not registered for GET requests. Did you mean to make a POST request?",
  });
});

test("the sandbox continues when `deliver` throws", async () => {
  let calls = 0;
  const app = createSandboxApp({
    now: () => NOW,
    deliver() {
      calls += 1;
      throw new Error("gone");
    },
    n8nSecret: "s",
  });
  const body = JSON.stringify({ turnId: "1", conversation: { id: "1" }, messages: [] });
  await app.request("/n8n/webhook/millrace", { method: "POST", body });
  await expect.poll(() => calls).toBe(1);
  expect((await app.request("/livez")).status).toBe(200);
});
