import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { signUrl, verifySignedUrl } from "./signed-url.ts";

// The vectors of Twilio's documentation and of the tests of its library:
// https://www.twilio.com/docs/usage/webhooks/webhooks-security and
// https://github.com/twilio/twilio-node/blob/main/spec/validation.spec.js
const TOKEN = "12345";
const URL_OF_DOCS = "https://mycompany.com/myapp.php?foo=1&bar=2";
const fieldsFrom = (number: string) =>
  new URLSearchParams({
    CallSid: "CA1234567890ABCDE",
    Caller: number,
    Digits: "1234",
    From: number,
    To: "+18005551212",
  });
const FIELDS = fieldsFrom("+14158675309");
const SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

function request(url: string, body: string, contentType?: string) {
  return { url, headers: { "content-type": contentType }, query: new URL(url).searchParams, body: Buffer.from(body) };
}
const form = (url: string, fields: URLSearchParams) =>
  request(url, fields.toString(), "application/x-www-form-urlencoded; charset=UTF-8");

test("10: a form verifies with the signature of Twilio's documentation", () => {
  expect(verifySignedUrl("0/KCTR6DLpKmkAf8muzZqo1nDgQ=", form(URL_OF_DOCS, fieldsFrom("+12349013030")), [TOKEN])).toBe(
    true,
  );
  expect(verifySignedUrl("GvWf1cFY/Q7PnoempGyD5oXAezc=", form(URL_OF_DOCS, fieldsFrom("+14158675310")), [TOKEN])).toBe(
    true,
  );
  expect(verifySignedUrl(SIGNATURE, form(URL_OF_DOCS, FIELDS), ["old", TOKEN])).toBe(true);
  expect(signUrl(TOKEN, URL_OF_DOCS, FIELDS)).toBe(SIGNATURE);
});

test.each([
  ["https without the port of the signature", URL_OF_DOCS, "kvajT1Ptam85bY51eRf/AJRuM3w="],
  ["http without the port of the signature", URL_OF_DOCS.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="],
  ["a port that the signature omits", URL_OF_DOCS.replace(".com", ".com:1234"), SIGNATURE],
  ["a port", URL_OF_DOCS.replace("https", "http").replace(".com", ".com:1234"), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="],
  ["a user and a password", URL_OF_DOCS.replace("//", "//user:pass@"), "CukzLTc1tT5dXEDIHm/tKBanW10="],
  ["a user, and the port in the signature", URL_OF_DOCS.replace("//", "//user:pass@"), "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="],
])("10: a URL with %s verifies", (_, url, signature) => {
  expect(verifySignedUrl(signature, form(url, FIELDS), [TOKEN])).toBe(true);
});

test("10: a field with several values counts each value once, in any order", () => {
  const addresses = [
    ["MessagingBinding.Address", "+1415xxxxxxx"],
    ["MessagingBinding.Address", "+1325xxxxxxx"],
  ] as [string, string][];
  for (const fields of [addresses, addresses.toReversed(), [...addresses, ...addresses]])
    expect(signUrl(TOKEN, URL_OF_DOCS, fields)).toBe("83O6e2vORAoJHUNzJjDWN1jz+BA=");
});

test("10: the values of a form keep their spaces", () => {
  const body = "From=%2B1555&SpeechResult=+yes++please+";
  const signature = signUrl(TOKEN, URL_OF_DOCS, [
    ["From", "+1555"],
    ["SpeechResult", " yes  please "],
  ]);
  expect(verifySignedUrl(signature, request(URL_OF_DOCS, body, "application/x-www-form-urlencoded"), [TOKEN])).toBe(
    true,
  );
});

const JSON_BODY = '{"property": "value", "boolean": true}';
const JSON_URL = `${URL_OF_DOCS}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620`;
const JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4=";

test("10: a JSON body verifies by its hash in the signed URL, and an other body does not", () => {
  const type = "application/json";
  expect(verifySignedUrl(JSON_SIGNATURE, request(JSON_URL, JSON_BODY, type), [TOKEN])).toBe(true);
  expect(verifySignedUrl(JSON_SIGNATURE, request(JSON_URL, `${JSON_BODY} `, type), [TOKEN])).toBe(false);
  expect(verifySignedUrl(JSON_SIGNATURE, request(JSON_URL, "", type), [TOKEN])).toBe(false);
});

test("10: a body that neither a form nor a hash covers does not verify", () => {
  const signature = signUrl(TOKEN, URL_OF_DOCS);
  expect(verifySignedUrl(signature, request(URL_OF_DOCS, ""), [TOKEN])).toBe(true);
  for (const type of [undefined, "application/json", "text/plain", "multipart/form-data; boundary=x"])
    expect(verifySignedUrl(signature, request(URL_OF_DOCS, "a=b", type), [TOKEN])).toBe(false);
});

test("10: verification fails without a signature or a secret", () => {
  for (const wrong of [undefined, "", SIGNATURE.toLowerCase(), `${SIGNATURE}=`])
    expect(verifySignedUrl(wrong, form(URL_OF_DOCS, FIELDS), [TOKEN])).toBe(false);
  expect(verifySignedUrl(SIGNATURE, form(URL_OF_DOCS, FIELDS), [])).toBe(false);
  expect(verifySignedUrl(signUrl("", URL_OF_DOCS, FIELDS), form(URL_OF_DOCS, FIELDS), [""])).toBe(false);
});

test("10: a signature is invalid after one bit of the URL or one field changes", () => {
  const names = [...FIELDS.keys()];
  fc.assert(
    fc.property(fc.nat(URL_OF_DOCS.length - 1), fc.nat(6), fc.constantFrom(...names), (at, bit, name) => {
      const url = Buffer.from(URL_OF_DOCS);
      url[at] = (url[at] ?? 0) ^ (1 << bit);
      const changedUrl = { ...form(URL_OF_DOCS, FIELDS), url: url.toString("latin1") };
      expect(verifySignedUrl(SIGNATURE, changedUrl, [TOKEN])).toBe(false);
      const fields = new URLSearchParams(FIELDS);
      fields.set(name, `${fields.get(name)}0`);
      expect(verifySignedUrl(SIGNATURE, form(URL_OF_DOCS, fields), [TOKEN])).toBe(false);
    }),
  );
});

test("10: an encoded URL is signed as it is written", () => {
  const url = "https://hooks.example/a%2Fb/%7Ename?text=It's%20%c3%a4+b&empty=";
  const hash = createHash("sha256").update("{}").digest("hex");
  const signed = `${url}&bodySHA256=${hash}`;
  expect(verifySignedUrl(signUrl(TOKEN, signed), request(signed, "{}"), [TOKEN])).toBe(true);
  const normalized = signed.replace("%7E", "~");
  expect(verifySignedUrl(signUrl(TOKEN, signed), request(normalized, "{}"), [TOKEN])).toBe(false);
});
