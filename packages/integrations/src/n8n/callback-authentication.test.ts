import { hmacSha256Hex, type RawRequest, standardWebhookHeaders } from "@millrace/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeAuthentication, verifyCallback } from "./callback-authentication.ts";
import type { CallbackAuthentication } from "./config.ts";

const at = new Date("2026-11-23T09:00:00Z");
const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
const body = '{"turnId":"1","text":"Grüße 👋"}';
const secret = "a secret of n8n's";

function hmacHeaders(by: string, seconds = at.getTime() / 1000) {
  const signature = hmacSha256Hex(by, Buffer.from(`${seconds}.${body}`));
  return { "x-timestamp": String(seconds), "x-signature": `sha256=${signature}` };
}

/** The headers of a request for each authentication method. */
const HEADERS: Record<CallbackAuthentication, (by: string) => Record<string, string>> = {
  "standard-webhooks": (by) => standardWebhookHeaders({ id: "execution-7", at, body }, by),
  hmac: hmacHeaders,
  bearer: (by) => ({ authorization: `Bearer ${by}` }),
};
const all = Object.keys(HEADERS) as CallbackAuthentication[];

const requestWith = (headers: Record<string, string>, bytes: Uint8Array = Buffer.from(body)): RawRequest => {
  return {
    method: "POST",
    headers,
    url: "http://127.0.0.1:8080/",
    query: new URLSearchParams(),
    params: {},
    body: bytes,
  };
};
const verify = (
  headers: Record<string, string>,
  methods: readonly CallbackAuthentication[],
  secrets = [secret],
  now = at,
) => verifyCallback({ secrets, methods }, requestWith(headers), now) !== undefined;

test.each(all)("10: %s authenticates with any of the secrets, if the operator allows the method", (method) => {
  const headers = HEADERS[method](secret);
  expect(verify(headers, [method])).toBe(true);
  expect(verify(headers, all, ["old", secret])).toBe(true);
  expect(verify(HEADERS[method]("another"), all)).toBe(false);
  const others = all.filter((other) => other !== method);
  expect(verify(headers, others)).toBe(false);
});

test("10: a callback without credentials, a secret or an allowed method does not authenticate", () => {
  expect(verify({}, all)).toBe(false);
  for (const method of all) {
    expect(verify(HEADERS[method](secret), [])).toBe(false);
    expect(verify(HEADERS[method](secret), all, [])).toBe(false);
    expect(verify(HEADERS[method]("x"), all, [""])).toBe(false);
  }
});

test("10: a signature authenticates only within five minutes of its time", () => {
  for (const seconds of [-300, 300]) expect(verify(hmacHeaders(secret), ["hmac"], [secret], later(seconds))).toBe(true);
  for (const seconds of [-301, 301])
    expect(verify(hmacHeaders(secret), ["hmac"], [secret], later(seconds))).toBe(false);
});

test("10: a callback with one flipped bit in the body or a header does not authenticate", () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.nat(), fc.nat(), fc.nat(6), (method, which, offset, bit) => {
      const headers = HEADERS[method](secret);
      const names = [...Object.keys(headers), ...(method === "bearer" ? [] : ["body"])];
      const name = names[which % names.length] ?? "";
      const flipped = Buffer.from(name === "body" ? body : (headers[name] ?? ""));
      // The scheme name of a Bearer header is case-insensitive.
      const start = method === "bearer" ? "Bearer ".length : 0;
      const index = start + (offset % (flipped.length - start));
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      const request =
        name === "body"
          ? requestWith(headers, flipped)
          : requestWith({ ...headers, [name]: flipped.toString("latin1") });
      expect(verifyCallback({ secrets: [secret], methods: all }, request, at)).toBeUndefined();
    }),
  );
});

test("10: the signature covers the time, so an old signature with a new time does not authenticate", () => {
  const old = hmacHeaders(secret);
  const refreshed = { ...old, "x-timestamp": String(at.getTime() / 1000 + 600) };
  expect(verify(refreshed, ["hmac"], [secret], later(600))).toBe(false);
});

test("10: a signed callback is known by its signed parts, whatever its other headers are", () => {
  const identify = (headers: Record<string, string>, text = body) =>
    verifyCallback({ secrets: [secret], methods: all }, requestWith(headers, Buffer.from(text)), at);
  const others = { "idempotency-key": "another", "x-request-id": "another" };
  for (const method of ["standard-webhooks", "hmac"] as const) {
    const headers = HEADERS[method](secret);
    expect(identify(headers)?.signed).toMatch(/^[0-9a-f]{64}$/);
    expect(identify({ ...headers, ...others })).toEqual(identify(headers));
  }
  const seconds = at.getTime() / 1000;
  expect(identify(hmacHeaders(secret, seconds + 1))?.signed).not.toBe(identify(hmacHeaders(secret))?.signed);
  const otherBody = standardWebhookHeaders({ id: "execution-7", at, body: "{}" }, secret);
  expect(identify(otherBody, "{}")?.signed).not.toBe(identify(HEADERS["standard-webhooks"](secret))?.signed);
});

test("a callback names its own idempotency key where the signature covers one, or where no part is signed", () => {
  const identify = (headers: Record<string, string>) =>
    verifyCallback({ secrets: [secret], methods: all }, requestWith(headers), at);
  expect(identify(HEADERS["standard-webhooks"](secret))?.signedKey).toBe("execution-7");
  expect(identify(HEADERS.hmac(secret))?.signedKey).toBeUndefined();
  expect(identify(HEADERS.bearer(secret))).toEqual({});
});

test("the description names the allowed methods and no secret", () => {
  const description = describeAuthentication({ secrets: [secret], methods: ["hmac", "bearer"] });
  expect(description).toBe("X-Timestamp with X-Signature, or Authorization: Bearer, made with N8N_WEBHOOK_SECRET");
});
