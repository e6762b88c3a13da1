import { createHash } from "node:crypto";
import { ProviderError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { whatsappMedia } from "./source.ts";
import { fakeGraph, errorResponse } from "../test/fake-graph.ts";

const baseUrl = "https://graph.example/v26.0";
const source = whatsappMedia({ tokens: new Map([["111", "token-1"]]), baseUrl, messagesPerSecond: 80 });
const url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=7";
const found = (more: Record<string, unknown> = {}) => ({ json: { url, mime_type: "image/jpeg", ...more } });
const file = { file: Buffer.from("bytes") };
const missing = { status: 404 };
const noObject = errorResponse(100, 400, { error_subcode: 33 });

function open(answers: Parameters<typeof fakeGraph>[0], media: { id: string; sha256?: string } = { id: "7/8" }) {
  const graph = fakeGraph(answers);
  const opened = source.open({ channel: "whatsapp", accountId: "111", media }, graph.context);
  return { opened, requests: graph.requests };
}

test("a file is looked up as the number and downloaded with the same token", async () => {
  const { opened, requests } = open([found({ file_size: 5 }), file]);
  const { body, ...described } = await opened;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(chunks).toEqual([Buffer.from("bytes")]);
  expect(described).toEqual({ mimeType: "image/jpeg", sha256: undefined, sizeBytes: 5 });
  expect(requests).toEqual([
    {
      method: "GET",
      url: `${baseUrl}/7%2F8?phone_number_id=111`,
      headers: { authorization: "Bearer token-1" },
    },
    { method: "GET", url, headers: { authorization: "Bearer token-1", "user-agent": "Millrace" } },
  ]);
});

describe("the hash and the size", () => {
  const digest = createHash("sha256").update("bytes");
  const hex = digest.copy().digest("hex");
  test.each([
    ["in hex", { sha256: hex.toUpperCase() }, undefined, hex],
    ["in base64", { sha256: digest.copy().digest("base64") }, undefined, hex],
    ["from the webhook", {}, digest.copy().digest("base64"), hex],
    ["in another format", { sha256: "c2FtcGxl" }, undefined, undefined],
  ])("%s", async (_name, more, announced, sha256) => {
    const media = { id: "7", ...(announced === undefined ? {} : { sha256: announced }) };
    expect(await open([found(more), file], media).opened).toMatchObject({ sha256 });
  });

  test("the size may be a string, and a file of more than 100 MB is not downloaded", async () => {
    expect(await open([found({ file_size: "5" }), file]).opened).toMatchObject({ sizeBytes: 5 });
    const tooLarge = open([found({ file_size: 104_857_601 })]).opened;
    await expect(tooLarge).rejects.toMatchObject({ next: { kind: "permanent" }, code: "too_large" });
  });
});

describe("the token is sent only to Meta's hosts", () => {
  test.each([
    url,
    "https://scontent.xx.fbcdn.net/a",
    "https://mmg.whatsapp.net/a",
    "https://cdn.fbsbx.com/a",
    `${baseUrl.replace("/v26.0", "")}/_media/7`,
  ])("%s", async (address) => {
    const { opened, requests } = open([found({ url: address }), file]);
    await opened;
    expect(requests[1]?.url).toBe(address);
  });

  test.each([
    "http://lookaside.fbsbx.com/a",
    "https://lookaside.fbsbx.com:8443/a",
    "https://lookaside.fbsbx.com.evil.example/a",
    "https://evil.example/lookaside.fbsbx.com",
    "https://lookaside.fbsbx.com@evil.example/a",
    "https://evilfbcdn.net/a",
    "https://fbcdn.net.evil.example/a",
    "http://graph.example/a",
    "https://graph.example:8443/a",
    "http://169.254.169.254/latest",
    "file:///etc/passwd",
  ])("not to %s", async (address) => {
    const { opened, requests } = open([found({ url: address })]);
    await expect(opened).rejects.toMatchObject({ next: { kind: "permanent" }, code: "foreign_host" });
    expect(requests).toHaveLength(1);
  });
});

test("an expired URL is looked up again, once", async () => {
  const again = open([found(), missing, found(), file]);
  expect(await again.opened).toMatchObject({ mimeType: "image/jpeg" });
  const twice = open([found(), missing, found(), missing]);
  await expect(twice.opened).rejects.toMatchObject({ next: { kind: "permanent" }, code: "gone" });
});

test.each([
  ["an unknown id", [noObject], { kind: "permanent" }, "gone"],
  ["an id that has expired with its URL", [found(), missing, errorResponse(100)], { kind: "permanent" }, "gone"],
  ["an expired token", [errorResponse(190, 401)], { kind: "paused", scope: "whatsapp:111" }, "190"],
  ["too many calls", [errorResponse(80_007)], { kind: "rate_limited", scope: "whatsapp:111" }, "80007"],
  ["an unreadable response", [{ json: {} }], { kind: "retryable" }, "malformed"],
  ["a rejected download", [found(), { status: 403 }], { kind: "paused", scope: "whatsapp:111" }, "http_403"],
  ["a failing download", [found(), { status: 500 }], { kind: "unavailable", scope: "whatsapp:111" }, "http_500"],
])("%s maps to its next step", async (_name, answers, next, code) => {
  const failed: unknown = await open(answers).opened.catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ProviderError);
  expect(failed).toMatchObject({ next, code });
});

test("a file waits for its number, and a missing token pauses the number", async () => {
  expect(source.scopes({ accountId: "111" })).toEqual(["whatsapp:111"]);
  const graph = fakeGraph([]);
  const opened = source.open({ channel: "whatsapp", accountId: "222", media: { id: "7" } }, graph.context);
  await expect(opened).rejects.toMatchObject({ next: { kind: "paused", scope: "whatsapp:222" }, code: "no_token" });
});
