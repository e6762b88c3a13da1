import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { standardWebhookHeaders, verifyStandardWebhook } from "./standard-webhooks.ts";

const at = new Date("2026-11-23T09:00:00.750Z");
const body = '{"greeting":"Grüße 👋"}';
const bytes = Buffer.from(body);
const secret = "whsec_bWlsbHJhY2UtdGVzdC1zZWNyZXQtMDE=";
const sign = (by = secret) => standardWebhookHeaders({ id: "msg_1", at, body }, by);
const verify = (headers: Record<string, string | undefined>, by: readonly string[] = [secret], now = at) =>
  verifyStandardWebhook(headers, bytes, by, now);

test("the signature is the HMAC-SHA256 of id, seconds and body with the decoded whsec_ secret as the key", () => {
  const expected = createHmac("sha256", "millrace-test-secret-01").update(`msg_1.1795424400.${body}`).digest("base64");
  expect(sign()).toEqual({
    "webhook-id": "msg_1",
    "webhook-timestamp": "1795424400",
    "webhook-signature": `v1,${expected}`,
  });
});

test("a secret without whsec_ is the key itself", () => {
  expect(sign("millrace-test-secret-01")).toEqual(sign());
  expect(verify(sign(), ["millrace-test-secret-01"])).toBe(true);
});

test("10: one valid signature of several, under one of several secrets, is accepted", () => {
  const headers = sign("new");
  const several = `v1a,AAAA v1,${Buffer.alloc(32).toString("base64")} ${headers["webhook-signature"]}`;
  expect(verify({ ...headers, "webhook-signature": several }, ["old", "new"])).toBe(true);
  expect(verify(headers, ["old"])).toBe(false);
});

test("10: a signed time more than five minutes in the past or in the future is rejected", () => {
  const after = (seconds: number) => new Date(1_795_424_400_000 + seconds * 1000);
  for (const seconds of [-300, 0, 300]) expect(verify(sign(), [secret], after(seconds))).toBe(true);
  for (const seconds of [-301, 301, 86_400]) expect(verify(sign(), [secret], after(seconds))).toBe(false);
});

test("10: a signature is invalid after one bit of the body, the id, the time or the signature changes", () => {
  const headers = sign();
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;
  fc.assert(
    fc.property(fc.constantFrom("body", ...names), fc.nat(), fc.nat(6), (part, place, bit) => {
      const flipped = Buffer.from(part === "body" ? bytes : (headers[part] ?? ""));
      const index = place % flipped.length;
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      const changed = part === "body" ? headers : { ...headers, [part]: flipped.toString("latin1") };
      expect(verifyStandardWebhook(changed, part === "body" ? flipped : bytes, [secret], at)).toBe(false);
    }),
  );
});

test("10: verification fails without a header, a secret or a signature", () => {
  const headers = sign();
  for (const name of Object.keys(headers)) {
    expect(verify({ ...headers, [name]: undefined })).toBe(false);
    expect(verify({ ...headers, [name]: "" })).toBe(false);
  }
  for (const timestamp of ["1795424400.0", "1.7954244e9", "-1795424400", " 1795424400", "NaN"])
    expect(verify({ ...headers, "webhook-timestamp": timestamp })).toBe(false);
  expect(verify(headers, [])).toBe(false);
  for (const empty of ["", "whsec_"]) {
    const withEmptyKey = createHmac("sha256", "").update(`msg_1.1795424400.${body}`).digest("base64");
    expect(verify({ ...headers, "webhook-signature": `v1,${withEmptyKey}` }, [empty])).toBe(false);
  }
});
