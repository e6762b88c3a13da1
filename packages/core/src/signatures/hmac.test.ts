import fc from "fast-check";
import { expect, test } from "vitest";
import { hmacSha256Hex, verifyHmacHex, verifySha256Header } from "./hmac.ts";

const body = Buffer.from("Hi There");
const secret = "\u000b".repeat(20);

test("HMAC-SHA256 matches test case 1 of RFC 4231", () => {
  expect(hmacSha256Hex(secret, body)).toBe("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
});

test("10: a valid signature under any of the secrets is accepted", () => {
  const header = `sha256=${hmacSha256Hex("new", body)}`;
  expect(verifySha256Header(header, ["new"], body)).toBe(true);
  expect(verifySha256Header(header, ["old", "new"], body)).toBe(true);
  expect(verifySha256Header(header, ["old"], body)).toBe(false);
});

test("10: a signature is invalid after one bit of the body or of the signature changes", () => {
  const right = hmacSha256Hex("secret", body);
  fc.assert(
    fc.property(fc.nat(body.length * 8 - 1), fc.nat(255), (bodyBit, signatureBit) => {
      const changed = Buffer.from(body);
      changed[bodyBit >> 3] = (changed[bodyBit >> 3] ?? 0) ^ (1 << (bodyBit & 7));
      expect(verifySha256Header(`sha256=${right}`, ["secret"], changed)).toBe(false);
      const signature = Buffer.from(right, "hex");
      signature[signatureBit >> 3] = (signature[signatureBit >> 3] ?? 0) ^ (1 << (signatureBit & 7));
      expect(verifySha256Header(`sha256=${signature.toString("hex")}`, ["secret"], body)).toBe(false);
    }),
  );
});

test("10: verification fails without a header or a secret, and for another scheme or length", () => {
  const right = hmacSha256Hex("", body);
  for (const header of [
    undefined,
    "",
    "sha256=",
    `sha1=${right}`,
    `sha256=${right}00`,
    `sha256=${right.toUpperCase()}`,
  ]) {
    expect(verifySha256Header(header, ["secret"], body)).toBe(false);
  }
  expect(verifySha256Header(`sha256=${right}`, [], body)).toBe(false);
  expect(verifySha256Header(`sha256=${right}`, [""], body)).toBe(false);
});

test("10: a plain hex signature is valid for its body alone, and fails without a signature or a secret", () => {
  const signature = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
  expect(verifyHmacHex(signature, ["old", secret], body)).toBe(true);
  expect(verifyHmacHex(signature, [secret], Buffer.from("Hi there"))).toBe(false);
  for (const wrong of [undefined, "", `sha256=${signature}`, signature.toUpperCase(), `${signature}\n`])
    expect(verifyHmacHex(wrong, [secret], body)).toBe(false);
  for (const secrets of [[], [""], ["old"]]) expect(verifyHmacHex(signature, secrets, body)).toBe(false);
});
