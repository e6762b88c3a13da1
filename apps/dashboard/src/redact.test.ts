import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { REDACTED } from "@millrace/core";
import { redact } from "./redact.ts";

/** A token of letters and digits. */
const tokenOf = (minLength: number, maxLength = minLength) =>
  fc.stringMatching(new RegExp(`^[A-Za-z0-9]{${minLength},${maxLength}}$`));

/** Texts that contain a secret, with the secret. */
const secretText = fc.oneof(
  tokenOf(35).map((secret) => ({ secret, text: `https://api.telegram.org/bot987654321:${secret}/getMe` })),
  tokenOf(35).map((secret) => ({ secret, text: `987654321:${secret}` })),
  tokenOf(40, 180).map((rest) => ({ secret: `EAA${rest}`, text: `the token EAA${rest} has expired` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `Bearer ${secret}` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `https://graph.example/me?access_token=${secret}&fields=id` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `/login?next=%2Fme%3Faccess_token%3D${secret}` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `{"ok":true,"client_secret":"${secret}"` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `redis://default:${secret}@queue.example:6379` })),
  fc.stringMatching(/^[0-9a-f]{64}$/).map((secret) => ({ secret, text: `expected sha256=${secret}` })),
  tokenOf(12, 60).map((secret) => ({ secret, text: `Host: me\r\nAuthorization: Basic ${secret}\r\n` })),
  tokenOf(12, 60).map((rest) => ({ secret: rest, text: `what eyJhbGciOiJIUzI1NiJ9.${rest}.${rest} follows` })),
  tokenOf(40, 80).map((rest) => ({ secret: `ya29.${rest}`, text: `with ya29.${rest}` })),
);

const secretKey = fc.constantFrom(
  "authorization",
  "Authorization",
  "access_token",
  "accessToken",
  "hub.verify_token",
  "client_secret",
  "DASHBOARD_PASSWORD",
  "x-hub-signature-256",
  "api_key",
  "X-API-Key",
  "appSecret",
  "Cookie",
);

/** Wraps a value in objects and arrays, some levels deep. */
const wrapped = (inner: unknown) =>
  fc
    .array(fc.oneof(fc.constant(undefined), fc.constantFrom("payload", "entry", "value")), { maxLength: 12 })
    .map((levels) =>
      levels.reduce<unknown>((value, key) => (key === undefined ? [1, value] : { name: "Grace", [key]: value }), inner),
    );

describe("redact leaves no secret, at any depth:", () => {
  test("in text that matches a pattern", () => {
    const cases = secretText.chain(({ secret, text }) => wrapped(text).map((value) => ({ secret, value })));
    fc.assert(
      fc.property(cases, ({ secret, value }) => {
        const shown = JSON.stringify(redact(value));
        expect(shown).not.toContain(secret);
        expect(shown).toContain(REDACTED);
      }),
    );
  });

  test("under a key that names a secret, for any value", () => {
    const cases = fc
      .tuple(secretKey, fc.jsonValue())
      .chain(([key, secret]) => wrapped({ [key]: secret, kept: 7 }).map((value) => ({ key, value })));
    fc.assert(
      fc.property(cases, ({ key, value }) => {
        expect(JSON.stringify(redact(value))).toContain(`{${JSON.stringify(key)}:"${REDACTED}","kept":7}`);
      }),
    );
  });

  test("in a key", () => {
    expect(redact({ "Bearer sesame-open-wide": 1 })).toEqual({ [`Bearer ${REDACTED}`]: 1 });
  });
});

test("redact does not change the job itself", () => {
  fc.assert(
    fc.property(fc.jsonValue(), secretText, (data, { text }) => {
      const job = { data, text, token: text };
      const before = structuredClone(job);
      redact(job);
      expect(job).toEqual(before);
    }),
  );
});

test("redacting twice has the same result as redacting once", () => {
  fc.assert(
    fc.property(fc.jsonValue(), secretText, (data, { text }) => {
      const once = redact({ data, text });
      expect(redact(once)).toEqual(once);
    }),
  );
});

test("names, texts, numbers and ids stay unchanged", () => {
  const event = {
    v: 1,
    id: "message.100000000000009.wamid.HBgMNDkxNTExNzY1NDMyMRUCABEYEjA5",
    integration: "whatsapp",
    receivedAt: "2026-03-01T12:00:00.000Z",
    correlationId: "0195f3c2-7a51-7c3e-9d38-0f3b3a0f1c11",
    payload: {
      contacts: [{ profile: { name: "Grace Hopper" }, wa_id: "491511765432" }],
      text: { body: "Is the bearer of good tidings here at 10:30? See https://shop.example/item?id=5&colour=blue" },
      media: { sha256: "n2fW0sLwB0sT5Q0Yk1pF0k3Xw7i1k5tN9w1s0a2b3c4=", mime_type: "image/jpeg" },
      price: 12.5,
      paid: true,
      note: null,
    },
  };
  expect(redact(event)).toEqual(event);
});

test("redacting a long text takes linear time", () => {
  const startedAt = performance.now();
  for (const filler of ["a", "1", "token", "x-", "eyJ", '"', "bot1", "http://", "cookie:", " "])
    redact(filler.repeat(200_000 / filler.length));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
