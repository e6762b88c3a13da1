import { hmacSha256Hex, type RawRequest, standardWebhookHeaders } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { proofInWords, verifyCallback } from "./callback-authentication.ts";
import type { CallbackProof } from "./config.ts";

const at = new Date("2026-11-23T09:00:00Z");
const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
const body = '{"turnId":"1","text":"Grüße 👋"}';
const secret = "a secret of n8n's";

function hmacHeaders(by: string, seconds = at.getTime() / 1000) {
  const signature = hmacSha256Hex(by, Buffer.from(`${seconds}.${body}`));
  return { "x-timestamp": String(seconds), "x-signature": `sha256=${signature}` };
}

/** A request's headers as each proof has them. */
const PROVED: Record<CallbackProof, (by: string) => Record<string, string>> = {
  "standard-webhooks": (by) => standardWebhookHeaders({ id: "execution-7", at, body }, by),
  hmac: hmacHeaders,
  bearer: (by) => ({ authorization: `Bearer ${by}` }),
};
const all = Object.keys(PROVED) as CallbackProof[];

const requestWith = (headers: Record<string, string>, bytes: Uint8Array = Buffer.from(body)): RawRequest => {
  return { method: "POST", headers, query: new URLSearchParams(), params: {}, body: bytes };
};
const verify = (headers: Record<string, string>, proofs: readonly CallbackProof[], secrets = [secret], now = at) =>
  verifyCallback({ secrets, proofs }, requestWith(headers), now);

test.each(all)("10: %s lets in who knows one of the secrets, where the operator allows it", (proof) => {
  const headers = PROVED[proof](secret);
  expect(verify(headers, [proof])).toBe(true);
  expect(verify(headers, all, ["old", secret])).toBe(true);
  expect(verify(PROVED[proof]("another"), all)).toBe(false);
  const others = all.filter((other) => other !== proof);
  expect(verify(headers, others)).toBe(false);
});

test("10: nothing is let in without a proof, a secret or a way to prove", () => {
  expect(verify({}, all)).toBe(false);
  for (const proof of all) {
    expect(verify(PROVED[proof](secret), [])).toBe(false);
    expect(verify(PROVED[proof](secret), all, [])).toBe(false);
    expect(verify(PROVED[proof]("x"), all, [""])).toBe(false);
  }
});

test("10: a signature over a time more than five minutes away is refused, past or to come", () => {
  for (const seconds of [-300, 300]) expect(verify(hmacHeaders(secret), ["hmac"], [secret], later(seconds))).toBe(true);
  for (const seconds of [-301, 301])
    expect(verify(hmacHeaders(secret), ["hmac"], [secret], later(seconds))).toBe(false);
});

test("10: one flipped bit in the body or in a header is refused, whatever the proof", () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.nat(), fc.nat(), fc.nat(6), (proof, which, place, bit) => {
      const headers = PROVED[proof](secret);
      const names = [...Object.keys(headers), ...(proof === "bearer" ? [] : ["body"])];
      const name = names[which % names.length] ?? "";
      const flipped = Buffer.from(name === "body" ? body : (headers[name] ?? ""));
      // The scheme of a Bearer header may be in any case.
      const start = proof === "bearer" ? "Bearer ".length : 0;
      const index = start + (place % (flipped.length - start));
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      const request =
        name === "body"
          ? requestWith(headers, flipped)
          : requestWith({ ...headers, [name]: flipped.toString("latin1") });
      expect(verifyCallback({ secrets: [secret], proofs: all }, request, at)).toBe(false);
    }),
  );
});

test("10: the time is a part of what is signed: a signature cannot be given a newer one", () => {
  const old = hmacHeaders(secret);
  const refreshed = { ...old, "x-timestamp": String(at.getTime() / 1000 + 600) };
  expect(verify(refreshed, ["hmac"], [secret], later(600))).toBe(false);
});

test("who is refused is told which proofs there are, and no secret", () => {
  const words = proofInWords({ secrets: [secret], proofs: ["hmac", "bearer"] });
  expect(words).toBe("X-Timestamp with X-Signature, or Authorization: Bearer, made with N8N_WEBHOOK_SECRET");
});
