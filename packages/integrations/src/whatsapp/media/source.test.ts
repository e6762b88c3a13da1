import { createHash } from "node:crypto";
import { ProviderError } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { whatsappMedia } from "./source.ts";
import { fakeGraph, refusal } from "../test/fake-graph.ts";

const baseUrl = "https://graph.example/v26.0";
const source = whatsappMedia({ tokens: new Map([["111", "token-1"]]), baseUrl, messagesPerSecond: 80 });
const url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=7";
const found = (more: Record<string, unknown> = {}) => ({ json: { url, mime_type: "image/jpeg", ...more } });
const file = { file: Buffer.from("bytes") };
const missing = { status: 404 };
const noObject = refusal(100, 400, { error_subcode: 33 });

function open(answers: Parameters<typeof fakeGraph>[0], media: { id: string; sha256?: string } = { id: "7/8" }) {
  const graph = fakeGraph(answers);
  const opened = source.open({ channel: "whatsapp", accountId: "111", media }, graph.context);
  return { opened, asked: graph.asked };
}

test("it is looked up as the number and fetched with the same token", async () => {
  const { opened, asked } = open([found({ file_size: 5 }), file]);
  const { body, ...told } = await opened;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  expect(chunks).toEqual([Buffer.from("bytes")]);
  expect(told).toEqual({ mimeType: "image/jpeg", sha256: undefined, sizeBytes: 5 });
  expect(asked).toEqual([
    {
      method: "GET",
      url: `${baseUrl}/7%2F8?phone_number_id=111`,
      headers: { authorization: "Bearer token-1" },
    },
    { method: "GET", url, headers: { authorization: "Bearer token-1", "user-agent": "Millrace" } },
  ]);
});

describe("its hash and size", () => {
  const digest = createHash("sha256").update("bytes");
  const hex = digest.copy().digest("hex");
  test.each([
    ["in hex", { sha256: hex.toUpperCase() }, undefined, hex],
    ["in base64", { sha256: digest.copy().digest("base64") }, undefined, hex],
    ["as the webhook told it", {}, digest.copy().digest("base64"), hex],
    ["in neither", { sha256: "c2FtcGxl" }, undefined, undefined],
  ])("%s", async (_name, more, announced, sha256) => {
    const media = { id: "7", ...(announced === undefined ? {} : { sha256: announced }) };
    expect(await open([found(more), file], media).opened).toMatchObject({ sha256 });
  });

  test("the size may be text, and a file above 100 MB is not fetched", async () => {
    expect(await open([found({ file_size: "5" }), file]).opened).toMatchObject({ sizeBytes: 5 });
    const tooLarge = open([found({ file_size: 104_857_601 })]).opened;
    await expect(tooLarge).rejects.toMatchObject({ next: { kind: "permanent" }, code: "too_large" });
  });
});

describe("the token goes to Meta's hosts and to no other", () => {
  test.each([
    url,
    "https://scontent.xx.fbcdn.net/a",
    "https://mmg.whatsapp.net/a",
    "https://cdn.fbsbx.com/a",
    `${baseUrl.replace("/v26.0", "")}/_media/7`,
  ])("%s", async (address) => {
    const { opened, asked } = open([found({ url: address }), file]);
    await opened;
    expect(asked[1]?.url).toBe(address);
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
    const { opened, asked } = open([found({ url: address })]);
    await expect(opened).rejects.toMatchObject({ next: { kind: "permanent" }, code: "foreign_host" });
    expect(asked).toHaveLength(1);
  });
});

test("a URL that is over is asked for anew, once", async () => {
  const again = open([found(), missing, found(), file]);
  expect(await again.opened).toMatchObject({ mimeType: "image/jpeg" });
  const twice = open([found(), missing, found(), missing]);
  await expect(twice.opened).rejects.toMatchObject({ next: { kind: "permanent" }, code: "gone" });
});

test.each([
  ["an id that is not known", [noObject], { kind: "permanent" }, "gone"],
  ["an id that is over when its URL is", [found(), missing, refusal(100)], { kind: "permanent" }, "gone"],
  ["an expired token", [refusal(190, 401)], { kind: "paused", scope: "whatsapp:111" }, "190"],
  ["too many calls", [refusal(80_007)], { kind: "rate_limited", scope: "whatsapp:111" }, "80007"],
  ["an answer of another kind", [{ json: {} }], { kind: "retryable" }, "malformed"],
  ["a file that is refused", [found(), { status: 403 }], { kind: "paused", scope: "whatsapp:111" }, "http_403"],
  ["trouble with a file", [found(), { status: 500 }], { kind: "retryable" }, "http_500"],
])("%s", async (_name, answers, next, code) => {
  const failed: unknown = await open(answers).opened.catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ProviderError);
  expect(failed).toMatchObject({ next, code });
});

test("a file waits with its number, and one without a token for a person", async () => {
  expect(source.scopes({ accountId: "111" })).toEqual(["whatsapp:111"]);
  const graph = fakeGraph([]);
  const opened = source.open({ channel: "whatsapp", accountId: "222", media: { id: "7" } }, graph.context);
  await expect(opened).rejects.toMatchObject({ next: { kind: "paused", scope: "whatsapp:222" }, code: "no_token" });
});
