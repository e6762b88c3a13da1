import { type Download, type Http, parseJsonBody } from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { describe, expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../test/handle-event.ts";
import { whatsapp } from "./index.ts";
import { whatsappFormat } from "./send/format.ts";
import { SAMPLE_PHONE_NUMBER_ID } from "./samples.ts";
import { NOW } from "./test/fake-graph.ts";
import { outgoing } from "./test/outgoing.ts";

const SECRET = "app-secret";
const environment = {
  WHATSAPP_APP_SECRET: SECRET,
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "token",
  ...whatsapp.local.endpoints({}, "http://sandbox.example"),
};

/** The adapters with the environment of a machine without any account, and their sandbox. */
function withSandbox(files: Record<string, { bytes: Uint8Array; mimeType: string }> = {}) {
  const delivered: { body: string; headers: Record<string, string> }[] = [];
  const app = createSandboxApp({
    now: () => NOW,
    deliver: (delivery) => void delivered.push(delivery),
    whatsappAppSecret: SECRET,
  });
  const call = async ({ url, method, headers = {}, body }: Parameters<Http>[0]) =>
    app.request(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const http: Http = async (request) => {
    const response = await call(request);
    const parsed = parseJsonBody(new Uint8Array(await response.arrayBuffer()));
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      json: parsed.ok ? parsed.value : undefined,
    };
  };
  const download: Download = async (request) => {
    const response = await call(request);
    const body = response.ok && response.body ? response.body : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), body };
  };
  const read = async (key: string) => files[key] ?? { bytes: new Uint8Array(), mimeType: undefined };
  const outbound = whatsapp.capabilities?.send?.read(environment)?.outbound;
  const media = whatsapp.capabilities?.media?.read(environment);
  if (!outbound || !media) throw new Error("WhatsApp is switched off");
  const { signal } = new AbortController();
  const context = { http, download, media: { read }, log: recordingLogger().log, now: () => NOW, signal };
  return { app, outbound, media, context, delivered };
}

const message = { ...outgoing, accountId: SAMPLE_PHONE_NUMBER_ID };

const button = { id: "y", title: "Yes" };

describe("the sandbox accepts every kind of message", () => {
  test.each<Record<string, unknown>>([
    { type: "text", text: "Hello", previewUrl: true, replyTo: "wamid.1" },
    { type: "image", media: { id: "sandbox-media-photo" }, caption: "This one" },
    { type: "video", media: { link: "https://files.example/a.mp4" } },
    { type: "document", media: { stored: "offer", filename: "offer.pdf" } },
    { type: "audio", media: { id: "sandbox-media-voice" }, voice: true },
    { type: "sticker", media: { id: "sandbox-media-sticker" } },
    { type: "template", name: "hello", language: "en_US", components: [{ type: "body", parameters: [] }] },
    { type: "buttons", text: "Well?", buttons: [button], header: "Mill", footer: "Stream 1" },
    { type: "list", text: "Which?", button: "See", sections: [{ rows: [button] }] },
    { type: "reaction", messageId: "wamid.1", emoji: "👍" },
    { type: "reaction", messageId: "wamid.1", emoji: "" },
    { type: "location", latitude: 52.5, longitude: 13.4, name: "Mill" },
    { type: "contacts", contacts: [{ name: { formatted_name: "Ada" } }] },
  ])("%j", async (content) => {
    const pdf = { bytes: Buffer.from("%PDF"), mimeType: "application/pdf" };
    const { app, outbound, context } = withSandbox({ offer: pdf });
    const parts = whatsappFormat.parts(whatsappFormat.content.parse(content));
    if ("action" in parts) throw new Error("an action");
    for (const part of parts) {
      const { externalId } = await outbound.send({ ...message, content: part.content, replyTo: part.replyTo }, context);
      expect(externalId).toMatch(/^wamid\./);
    }
    const sent: unknown = await (await app.request("/_sent")).json();
    const expected = { account: message.accountId, to: "+4915100000001", messageId: message.id, misdelivered: false };
    expect(sent).toEqual([expect.objectContaining(expected)]);
  });

  test("and marks a message as read", async () => {
    const { outbound, context } = withSandbox();
    const action = { type: "read", messageId: "wamid.1", typing: true };
    await expect(outbound.act({ ...message, action }, context)).resolves.toBeUndefined();
  });
});

describe("a fault of the sandbox", () => {
  test.each([
    ["expired_token", { next: { kind: "paused", scope: "whatsapp:100000000000001" } }],
    ["http_500_taken", { next: { kind: "unavailable", scope: "whatsapp:100000000000001" }, uncertain: true }],
    ["malformed", { next: { kind: "retryable" }, uncertain: true }],
    ["code:131056", { next: { scope: `whatsapp:100000000000001:${message.conversationId}` } }],
    ["code:130429", { next: { scope: "whatsapp:100000000000001" } }],
    ["code:131047", { next: { kind: "permanent" }, code: "131047" }],
  ])("%s maps to its next step", async (fault, failure) => {
    const { app, outbound, context } = withSandbox();
    const order = { method: "POST", body: JSON.stringify({ match: { api: "whatsapp" }, fault }) };
    expect((await app.request("/_faults", order)).status).toBe(204);
    const sent = outbound.send({ ...message, content: { type: "text", text: "Hello" } }, context);
    await expect(sent).rejects.toMatchObject(failure);
  });
});

test("the statuses of a sent message have our id of the message", async () => {
  const { outbound, context, delivered } = withSandbox();
  const { externalId } = await outbound.send({ ...message, content: { type: "text", text: "Hello" } }, context);
  await expect.poll(() => delivered.length).toBeGreaterThan(0);
  const statuses: unknown[] = [];
  for (const { body, headers } of delivered) {
    const raw = {
      method: "POST",
      headers,
      url: "http://127.0.0.1:8080/",
      query: new URLSearchParams(),
      params: {},
      body: Buffer.from(body),
    };
    const [webhook] = whatsapp.webhooks(environment);
    expect(webhook?.authenticate(raw, { now: NOW, secrets: webhook.secrets })).toBe(true);
    for (const parsed of webhook?.parse(raw) ?? [])
      statuses.push(...handlePurely(whatsapp.handler(environment), inboundEvent("whatsapp", parsed)).facts);
  }
  const expected = { fact: "status", status: "sent", externalId, messageId: message.id };
  expect(statuses).toContainEqual(expect.objectContaining(expected));
});

test("the image of the sample can be fetched", async () => {
  const { image } = whatsapp.samples(environment, NOW);
  const id = /"image":\{"id":"([^"]+)"/.exec(image?.body ?? "")?.[1] ?? "";
  const { media, context } = withSandbox();
  const file = await media.open({ channel: "whatsapp", accountId: message.accountId, media: { id } }, context);
  let size = 0;
  for await (const chunk of file.body) size += chunk.byteLength;
  expect(file).toMatchObject({
    mimeType: "image/jpeg",
    sizeBytes: size,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
