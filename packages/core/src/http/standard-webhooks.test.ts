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

test("the signature is HMAC-SHA256 of id, seconds and body under what whsec_ stands for", () => {
  const expected = createHmac("sha256", "millrace-test-secret-01").update(`msg_1.1795424400.${body}`).digest("base64");
  expect(sign()).toEqual({
    "webhook-id": "msg_1",
    "webhook-timestamp": "1795424400",
    "webhook-signature": `v1,${expected}`,
  });
});

test("a secret without whsec_ is taken as it is", () => {
  expect(sign("millrace-test-secret-01")).toEqual(sign());
  expect(verify(sign(), ["millrace-test-secret-01"])).toBe(true);
});

test("10: any of several signatures under any of several secrets will do", () => {
  const headers = sign("new");
  const several = `v1a,AAAA v1,${Buffer.alloc(32).toString("base64")} ${headers["webhook-signature"]}`;
  expect(verify({ ...headers, "webhook-signature": several }, ["old", "new"])).toBe(true);
  expect(verify(headers, ["old"])).toBe(false);
});

test("10: a time more than five minutes away is refused, past or to come", () => {
  const after = (seconds: number) => new Date(1_795_424_400_000 + seconds * 1000);
  for (const seconds of [-300, 0, 300]) expect(verify(sign(), [secret], after(seconds))).toBe(true);
  for (const seconds of [-301, 301, 86_400]) expect(verify(sign(), [secret], after(seconds))).toBe(false);
});

test("10: one flipped bit of the body, the id, the time or the signature is refused", () => {
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

test("10: without a header, a secret or a signature it fails closed", () => {
  const headers = sign();
  for (const name of Object.keys(headers)) {
    expect(verify({ ...headers, [name]: undefined })).toBe(false);
    expect(verify({ ...headers, [name]: "" })).toBe(false);
  }
  for (const timestamp of ["1795424400.0", "1.7954244e9", "-1795424400", " 1795424400", "NaN"])
    expect(verify({ ...headers, "webhook-timestamp": timestamp })).toBe(false);
  expect(verify(headers, [])).toBe(false);
  for (const empty of ["", "whsec_"]) {
    const byNothing = createHmac("sha256", "").update(`msg_1.1795424400.${body}`).digest("base64");
    expect(verify({ ...headers, "webhook-signature": `v1,${byNothing}` }, [empty])).toBe(false);
  }
});
