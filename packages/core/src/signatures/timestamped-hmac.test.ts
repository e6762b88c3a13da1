import fc from "fast-check";
import { expect, test } from "vitest";
import { timestampedHeader, verifyTimestampedHeader, verifyTimestampedHmac } from "./timestamped-hmac.ts";

const SECRET = "wsec_0123456789abcdef";
const BODY = '{"type":"post_call_transcription","data":{"agent_id":"a1","text":"Grüße"}}';
const AT = new Date("2026-11-22T08:00:00Z");
/** Computed with Python: hmac.new(secret, b"1795334400." + body, sha256).hexdigest() */
const HEX = "ce46f0fba847bba0484fc0a194eccdc923d58242b5bd57209ce58bebb75fbe8e";
const OTHER_HEX = "6d9517b979b113ecd68be5a3e27a382f4db2e31f934013a18347d6023bbaadc0";
const HEADER = `t=1795334400,v0=${HEX}`;

type Changes = { header?: string | undefined; body?: Uint8Array; secrets?: string[]; seconds?: number };
function verify(changes: Changes = {}): boolean {
  const { body = Buffer.from(BODY), secrets = [SECRET], seconds = 0 } = changes;
  const header = "header" in changes ? changes.header : HEADER;
  const now = new Date(AT.getTime() + seconds * 1000);
  return verifyTimestampedHeader(header, secrets, body, { version: "v0", now, toleranceMs: 300_000 });
}

test("10: the signature is the HMAC-SHA256 of the time and the raw body in hex", () => {
  expect(verify()).toBe(true);
  expect(timestampedHeader("v0", SECRET, AT, BODY)).toBe(HEADER);
});

test("10: one valid signature of several, under one of several secrets, is accepted", () => {
  expect(verify({ header: `t=1795334400,v0=${OTHER_HEX},v0=${HEX}` })).toBe(true);
  expect(verify({ secrets: ["old", SECRET] })).toBe(true);
  expect(verify({ secrets: ["old"] })).toBe(false);
});

test("10: a signature of another version is ignored", () => {
  expect(verify({ header: `v1=x,t=1795334400,v0=${HEX}` })).toBe(true);
  expect(verify({ header: `t=1795334400,v1=${HEX}` })).toBe(false);
});

test("10: a signed time outside the tolerance is rejected, in the past and in the future", () => {
  for (const seconds of [-300, 300]) expect(verify({ seconds })).toBe(true);
  for (const seconds of [-301, 301]) expect(verify({ seconds })).toBe(false);
});

test("10: verification fails without a header, a time, a signature or a secret", () => {
  const headers = ["", "t=1795334400", `v0=${HEX}`, `t=,v0=${HEX}`, `t=1795334400,t=1795334400,v0=${HEX}`];
  for (const header of [undefined, ...headers, `t=1795334400.0,v0=${HEX}`, `t=1795334400, v0=${HEX}`])
    expect(verify({ header })).toBe(false);
  for (const secrets of [[], [""]]) expect(verify({ secrets })).toBe(false);
  const empty = { timestamp: "1795334400", signatures: [] };
  expect(verifyTimestampedHmac(empty, [SECRET], Buffer.from(BODY), { now: AT, toleranceMs: 1 })).toBe(false);
});

test("10: a signature is invalid after one bit of the body or of the header changes", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.nat(6), (inBody, place, bit) => {
      const flipped = Buffer.from(inBody ? BODY : HEADER);
      const index = place % flipped.length;
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      expect(verify(inBody ? { body: flipped } : { header: flipped.toString("latin1") })).toBe(false);
    }),
  );
});
