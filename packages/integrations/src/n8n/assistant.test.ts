import { createServer, type IncomingHttpHeaders } from "node:http";
import { createHash } from "node:crypto";
import {
  type AssistantContext,
  fetchHttp,
  type ProviderError,
  type Question,
  verifyStandardWebhook,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { n8nAssistant } from "./assistant.ts";
import type { AssistantConfig } from "./config.ts";

const NOW = new Date("2026-11-23T09:00:00.000Z");
const SECRET = "a secret of n8n's";

const question: Question = {
  turnId: "019ab000-0000-7000-8000-000000000001",
  epoch: 4,
  ask: 1,
  reason: "message",
  conversation: {
    id: "c",
    channel: "telegram",
    accountId: "default",
    title: null,
    lastUserMessageAt: null,
    modeChangedAt: null,
  },
  contact: null,
  messages: [
    {
      id: "m",
      direction: "inbound",
      author: "contact",
      type: "text",
      text: "Grüße 👋",
      media: null,
      sentAt: NOW.toISOString(),
    },
  ],
  history: [],
};

type ReceivedRequest = { headers: IncomingHttpHeaders; body: Buffer; path: string | undefined };
const received: ReceivedRequest[] = [];
let answer: { status: number; headers?: Record<string, string> } = { status: 200 };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    received.push({ headers: request.headers, body: Buffer.concat(chunks), path: request.url });
    response.writeHead(answer.status, answer.headers).end('{"message":"Workflow was started"}');
  });
});
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function assistantWith(config: Partial<AssistantConfig>) {
  const timings = { debounceMs: 0, debounceCapMs: 0, answerTimeoutMs: 0 };
  const url = `${base}/webhook/millrace`;
  const allowedNetworks = ["127.0.0.0/8"];
  const other = { sendsJwt: false, onFailure: { handsOver: false }, errorUrl: undefined };
  return n8nAssistant({ url, secret: SECRET, allowedNetworks, timings, ...other, ...config });
}

const context: AssistantContext = {
  http: fetchHttp,
  log: recordingLogger().log,
  now: () => NOW,
  newId: () => "id-1",
  signal: new AbortController().signal,
};

function ask(config: Partial<AssistantConfig> = {}): Promise<void> {
  return assistantWith(config).ask(question, context);
}

async function requestOf(config: Partial<AssistantConfig> = {}): Promise<ReceivedRequest> {
  received.length = 0;
  await ask(config);
  const [request] = received;
  if (!request) throw new Error("n8n received no request");
  return request;
}

const failure = (config: Partial<AssistantConfig> = {}) =>
  ask(config).then(
    () => undefined,
    (error: ProviderError) => error,
  );

test("an AI request contains the whole question, is signed over its raw bytes and names its AI turn", async () => {
  answer = { status: 200 };
  const { headers, body, path } = await requestOf();
  expect(path).toBe("/webhook/millrace");
  expect(JSON.parse(body.toString())).toEqual({ type: "conversation.turn", ...question });
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  expect(verifyStandardWebhook(named, body, [SECRET], NOW)).toBe(true);
  expect(headers).toMatchObject({ "webhook-id": `${question.turnId}-1`, "content-type": "application/json" });
  expect(headers.authorization).toBeUndefined();
});

test("n8n does not classify the user agent as a bot", async () => {
  const { headers } = await requestOf();
  expect(headers["user-agent"]).toMatch(/^Mozilla\/5\.0 \(/);
  expect(headers["user-agent"]).not.toMatch(/bot|node|fetch|http|client/i);
});

test("a JSON Web Token is sent if configured, valid for five minutes and for this body only", async () => {
  const { headers, body } = await requestOf({ sendsJwt: true });
  const token = headers.authorization?.replace("Bearer ", "") ?? "";
  const verify = (secret: string, now: Date) =>
    jwtVerify(token, Buffer.from(secret), { algorithms: ["HS256"], currentDate: now });
  const { payload } = await verify(SECRET, NOW);
  expect(payload).toEqual({
    jti: "id-1",
    iat: NOW.getTime() / 1000,
    exp: NOW.getTime() / 1000 + 300,
    body_sha256: createHash("sha256").update(body).digest("hex"),
  });
  await expect(verify("another", NOW)).rejects.toThrow("signature");
  await expect(verify(SECRET, new Date(NOW.getTime() + 301_000))).rejects.toThrow("exp");
});

test.each([200, 201, 202, 204])("status %i accepts the AI request", async (status) => {
  answer = { status };
  expect(await failure()).toBeUndefined();
});

const paused = { kind: "paused", scope: "n8n" };
const down = { kind: "unavailable", scope: "n8n" };
const waitsUntil = (seconds: number) => {
  return { kind: "rate_limited", scope: "n8n", until: new Date(NOW.getTime() + seconds * 1000) };
};

test.each([
  [404, {}, paused, "not active"],
  [401, {}, paused, "authentication"],
  [403, {}, paused, "authentication"],
  [429, { "retry-after": "9" }, waitsUntil(9), "429"],
  [503, { "retry-after": "9" }, waitsUntil(9), "503"],
  [500, {}, down, "500"],
  [502, {}, down, "502"],
  [503, {}, down, "503"],
  [504, {}, down, "504"],
  [400, {}, { kind: "permanent" }, "400"],
  [413, {}, { kind: "permanent" }, "413"],
  [302, { location: "/elsewhere" }, { kind: "permanent" }, "redirects"],
])("status %i with %o maps to %o, and the reason contains %s", async (status, headers, next, text) => {
  answer = { status, headers };
  received.length = 0;
  expect(await failure()).toMatchObject({ next, message: expect.stringContaining(text), code: `http_${status}` });
  expect(received).toHaveLength(1);
});

test("n8n in a private network receives no request unless the network is allowed, and the error names the variable", async () => {
  answer = { status: 200 };
  received.length = 0;
  for (const allowedNetworks of [[], ["10.0.0.0/8"]]) {
    const error = await failure({ allowedNetworks });
    expect(error).toMatchObject({ next: paused, message: expect.stringContaining("N8N_ALLOWED_NETWORKS") });
    expect(error?.message).not.toContain("127.0.0.1");
  }
  expect(received).toHaveLength(0);
});

test("a request without a connection means that n8n is unavailable", async () => {
  const error = await failure({ url: "http://127.0.0.1:61999/webhook/millrace" });
  expect(error).toMatchObject({ message: "network failure: ECONNREFUSED", next: { kind: "unavailable" } });
});

test("a failed AI turn is reported to the error workflow, signed and without personal data, and pauses no question", async () => {
  const failed = { turnId: question.turnId, conversationId: "c", reason: "no_answer" } as const;
  expect(assistantWith({}).failureReports).toBeUndefined();
  const { failureReports } = assistantWith({ errorUrl: `${base}/webhook/errors` });
  answer = { status: 200 };
  received.length = 0;
  await failureReports?.report(failed, context);
  const [{ headers, body, path } = { headers: {}, body: Buffer.from(""), path: "" }] = received;
  expect(path).toBe("/webhook/errors");
  expect(JSON.parse(body.toString())).toEqual({ type: "conversation.turn_failed", ...failed });
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  expect(verifyStandardWebhook(named, body, [SECRET], NOW)).toBe(true);
  expect(headers["webhook-id"]).toBe(`${question.turnId}-failed`);

  answer = { status: 404 };
  const rejected = failureReports?.report(failed, context);
  await expect(rejected).rejects.toMatchObject({ next: { kind: "paused", scope: "n8n:failures" } });
  expect(failureReports?.scopes()).toEqual(["n8n:failures"]);
  expect(assistantWith({}).scopes()).toEqual(["n8n"]);
});
