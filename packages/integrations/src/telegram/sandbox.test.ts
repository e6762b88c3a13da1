import { type Http, type OutgoingMessage, parseJsonBody, ProviderError } from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { describe, expect, test } from "vitest";
import { fakeBotApi, NOW } from "./test/fake-bot-api.ts";
import { telegram } from "./index.ts";
import { telegramFormat } from "./send/format.ts";

const SANDBOX_URL = "http://sandbox.test";

/** The adapter with the environment of a machine without any account, and its sandbox. */
function openSandbox() {
  const app = createSandboxApp({ now: () => NOW });
  const environment = telegram.local.endpoints({}, SANDBOX_URL);
  const outbound = telegram.capabilities?.send?.read(environment)?.outbound;
  const media = telegram.capabilities?.media?.read(environment);
  if (!outbound || !media) throw new Error("Telegram cannot send");
  const http: Http = async ({ url, method, headers = {}, body = null }) => {
    const response = await app.request(url, { method, headers, body });
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    const json = parsed.ok ? parsed.value : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), json };
  };
  const context = {
    ...fakeBotApi([], { stored: { k: Buffer.from("picture") } }).context,
    http,
    async download({ url }: { url: string }) {
      const { status, body } = await app.request(url);
      return { status, headers: {}, body: body ?? undefined };
    },
  };
  const conversation = {
    id: "019ab000-0000-7000-8000-000000000001",
    tenantId: "019ab000-0000-7000-8000-00000000aaaa",
    conversationId: "019ab000-0000-7000-8000-00000000c0de",
    channel: "telegram",
    accountId: "default",
    threadId: "-7001",
    kind: "group",
    recipients: [],
    lastUserMessageAt: undefined,
  } as const;
  return {
    /** Sends a content in parts, as the worker does. */
    async send(content: unknown) {
      const parts = telegramFormat.parts(telegramFormat.content.parse(content));
      if ("action" in parts) return outbound.act({ ...conversation, action: parts.action }, context);
      const sent = [];
      for (const { content, replyTo } of parts) {
        const message: OutgoingMessage = {
          ...conversation,
          content: JSON.parse(JSON.stringify(content)),
          replyTo,
          rateLimitHits: 0,
        };
        sent.push(await outbound.send(message, context));
      }
      return sent;
    },
    async addFault(fault: string) {
      const body = JSON.stringify({ match: { api: "telegram" }, fault });
      const { status } = await app.request("/_faults", { method: "POST", body });
      if (status !== 204) throw new Error("no such fault");
    },
    async sent() {
      const response = await app.request("/_sent");
      return (await response.json()) as { to: string; type: string; text?: string }[];
    },
    async fetchFile(id: string) {
      const { body } = await media.open({ channel: "telegram", accountId: "default", media: { id } }, context);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

const media = { stored: "k" };

test.each([
  [
    "text",
    { type: "text", text: "<b>Open</b>", parseMode: "HTML", keyboard: [[{ text: "Yes", data: "y" }]] },
    ["text"],
  ],
  ["a long text", { type: "text", text: "word ".repeat(2000), replyTo: "-7001/4" }, ["text", "text", "text"]],
  ["an image by link", { type: "image", media: { link: "https://a.example/i" }, caption: "c" }, ["photo"]],
  ["an image uploaded", { type: "image", media }, ["photo"]],
  ["a document", { type: "document", media }, ["document"]],
  ["audio", { type: "audio", media: { id: "sandbox-media-audio" } }, ["audio"]],
  ["video", { type: "video", media, caption: "word ".repeat(300) }, ["video", "text"]],
  ["a voice note", { type: "voice", media }, ["voice"]],
  ["a location", { type: "location", latitude: 48.5, longitude: -11 }, ["location"]],
  [
    "an album",
    {
      type: "album",
      items: [
        { type: "image", media },
        { type: "video", media: { link: "https://a.example/v" }, caption: "c" },
      ],
    },
    ["photo", "video"],
  ],
  ["a chat action", { type: "chat_action", action: "typing" }, []],
])("the sandbox accepts %s", async (_, content, types) => {
  const sandbox = openSandbox();
  await sandbox.send(content);
  expect((await sandbox.sent()).map(({ type }) => type)).toEqual(types);
});

test("a sent file can be downloaded", async () => {
  expect((await openSandbox().fetchFile("sandbox-media-photo")).length).toBeGreaterThan(10);
});

test("a text that is not valid in its parse mode is sent as plain text", async () => {
  const sandbox = openSandbox();
  await sandbox.send({ type: "text", text: "5 < 6 <b>and so on", parseMode: "HTML" });
  expect(await sandbox.sent()).toMatchObject([{ text: "5 < 6 <b>and so on" }]);
});

test("a formatted text that is too long for one message is sent completely", async () => {
  const sandbox = openSandbox();
  await sandbox.send({ type: "text", text: `<b>${"word ".repeat(1000)}</b>`, parseMode: "HTML" });
  const texts = (await sandbox.sent()).map(({ text }) => text);
  expect(texts).toHaveLength(2);
  expect(texts.join(" ").match(/word/g)).toHaveLength(1000);
});

test("a message to a group that became a supergroup is sent to its new id", async () => {
  const sandbox = openSandbox();
  await sandbox.addFault("migrate");
  expect(await sandbox.send({ type: "text", text: "x" })).toMatchObject([{ movedTo: "-1007001" }]);
  expect(await sandbox.sent()).toMatchObject([{ to: "-1007001" }]);
});

describe("faults", () => {
  test.each([
    ["retry_after:7", { next: { kind: "rate_limited", until: new Date(NOW.getTime() + 7000) }, uncertain: false }],
    ["blocked", { next: { kind: "permanent" }, code: "unreachable" }],
    ["expired_token", { next: { kind: "paused", scope: "telegram:default" } }],
    ["http_500_taken", { next: { kind: "unavailable", scope: "telegram:default" }, uncertain: true }],
    ["malformed", { next: { kind: "retryable" }, uncertain: true }],
    ["code:409", { next: { kind: "paused" } }],
  ])("%s maps to its next step", async (fault, expected) => {
    const sandbox = openSandbox();
    await sandbox.addFault(fault);
    const failure = await sandbox.send({ type: "text", text: "x" }).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ProviderError);
    expect(failure).toMatchObject(expected);
  });
});
