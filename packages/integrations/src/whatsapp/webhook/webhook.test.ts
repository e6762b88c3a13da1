import { hmacSha256Hex, type RawRequest } from "@millrace/core";
import { describe, expect, test } from "vitest";
import { whatsappWebhook } from "./webhook.ts";

const webhook = whatsappWebhook({ appSecrets: ["old-secret", "new-secret"], verifyTokens: ["token-1", "token-2"] });
const isAuthentic = (request: RawRequest, by = webhook) =>
  by.authenticate(request, { now: new Date(), secrets: by.secrets });
// Meta escapes slashes and characters beyond ASCII. The signature covers these bytes.
const body = Buffer.from(String.raw`{"object":"whatsapp_business_account","entry":[{"id":"1","text":"\u00e4\/b"}]}`);

function post(headers: Record<string, string>, bytes: Uint8Array = body): RawRequest {
  return {
    method: "POST",
    headers,
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body: bytes,
  };
}

const signedWith = (secret: string) => ({ "x-hub-signature-256": `sha256=${hmacSha256Hex(secret, body)}` });

describe("authentication", () => {
  test.each(["old-secret", "new-secret"])("a body signed with %s authenticates", (secret) => {
    expect(isAuthentic(post(signedWith(secret)))).toBe(true);
  });

  test("a body with one changed byte does not authenticate", () => {
    for (let index = 0; index < body.length; index++) {
      const flipped = Buffer.from(body);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(isAuthentic(post(signedWith("new-secret"), flipped))).toBe(false);
    }
  });

  test("the same JSON in other bytes does not authenticate", () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    expect(isAuthentic(post(signedWith("new-secret"), rewritten))).toBe(false);
  });

  test.each([
    ["no header", {}],
    ["another secret", signedWith("other-secret")],
    ["an empty secret", signedWith("")],
    ["a short signature", { "x-hub-signature-256": "sha256=ab" }],
    ["no algorithm", { "x-hub-signature-256": hmacSha256Hex("new-secret", body) }],
    ["the legacy header", { "x-hub-signature": `sha256=${hmacSha256Hex("new-secret", body)}` }],
  ])("does not accept %s", (_name, headers) => {
    expect(isAuthentic(post(headers))).toBe(false);
  });

  test("without a configured secret no request authenticates", () => {
    const open = whatsappWebhook({ appSecrets: [], verifyTokens: [] });
    expect(isAuthentic(post(signedWith("")), open)).toBe(false);
  });
});

describe("verification challenge", () => {
  const get = (query: Record<string, string>): RawRequest => ({
    ...post({}),
    method: "GET",
    query: new URLSearchParams(query),
  });
  const valid = { "hub.mode": "subscribe", "hub.verify_token": "token-2", "hub.challenge": "0012345678901234567890" };

  test("the challenge is echoed unchanged", () => {
    expect(webhook.challenge?.respond(get(valid))).toEqual({
      contentType: "text/plain; charset=UTF-8",
      body: "0012345678901234567890",
    });
  });

  test.each([
    ["a wrong token", { ...valid, "hub.verify_token": "token-3" }],
    ["no token", { "hub.mode": "subscribe", "hub.challenge": "1" }],
    ["another mode", { ...valid, "hub.mode": "unsubscribe" }],
    ["no challenge", { "hub.mode": "subscribe", "hub.verify_token": "token-1" }],
  ])("does not accept %s", (_name, query) => {
    expect(webhook.challenge?.respond(get(query))).toBeUndefined();
  });
});
