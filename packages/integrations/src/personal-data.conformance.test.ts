import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Integration, parseJsonBody, unreadable, localRequestUrl } from "@millrace/core";
import { localEnvironment } from "../test/local-environment.ts";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");

test("an integration without personalData does not compile", () => {
  for (const { personalData, ...rest } of integrations) {
    // @ts-expect-error -- personalData is missing.
    const incomplete: Integration = rest;
    expect(incomplete).not.toHaveProperty("personalData");
    expect(personalData).toBeTypeOf("function");
  }
});

describe.each(integrations.map((integration) => [integration.id, integration] as const))("%s", (_, integration) => {
  const { personalData } = integration;
  const bodies = [...samplesOf(integration), ...fixturesOf(integration)];
  const payloads = bodies.flatMap(([name, body]) =>
    payloadsOf(integration, body).map((payload, index) => [`${name} ${index}`, payload] as const),
  );
  const aboutPeople = payloads.filter(([, payload]) => identitiesIn(payload).length > 0);

  test("has a sample or a fixture", () => {
    expect(bodies.length).toBeGreaterThan(0);
  });

  test.each(aboutPeople)(
    "18: every identity in %s is found, and absent from the redacted payload",
    (_name, payload) => {
      const { parties, mentioned, redact } = personalData(payload);
      const identities = identitiesIn(payload);
      for (const identity of identities) expect([...parties, ...mentioned].join("\n")).toContain(identity);
      const redacted = JSON.stringify(redact());
      for (const identity of identities) expect(redacted).not.toContain(identity);
    },
  );

  test("18: every event that names a person is about a person", () => {
    const events = bodies.flatMap(([, body]) => eventsOf(integration, body));
    const withPeople = events.filter((payload) => identitiesIn(payload).length > 0);
    expect(withPeople.filter((payload) => personalData(payload).parties.length === 0)).toEqual([]);
  });

  test("18: every identity in any payload is found, without an exception or a change to the payload", () => {
    const real = payloads.map(([, payload]) => payload);
    fc.assert(
      fc.property(damaged(real), (payload) => {
        const before = structuredClone(payload);
        const { parties, mentioned, redact } = personalData(payload);
        const found = [...parties, ...mentioned].join("\n");
        for (const identity of identitiesIn(payload)) expect(found).toContain(identity);
        redact();
        expect(payload).toEqual(before);
      }),
    );
  });
});

/** The bodies of the integration's samples by name. */
function samplesOf(integration: Integration): [name: string, body: Uint8Array][] {
  const { environment } = localEnvironment(integration);
  const samples = Object.entries(integration.samples(environment, NOW));
  return samples.map(([name, { body }]) => [`the sample ${name}`, Buffer.from(body)]);
}

/** The bodies of the integration's fixtures by name. A JSON fixture with a title has the body as a value. */
function fixturesOf({ id }: Integration): [name: string, body: Uint8Array][] {
  const folder = new URL(`${id}/fixtures/`, import.meta.url);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.map((name) => {
    const bytes = readFileSync(new URL(name, folder));
    const { title, body } = Object(contentOf(bytes)) as { title?: unknown; body?: unknown };
    return [`the fixture ${name}`, title === undefined ? bytes : Buffer.from(JSON.stringify(body))];
  });
}

/** A body as JSON, or as text if it is not JSON. */
function contentOf(body: Uint8Array): unknown {
  const parsed = parseJsonBody(body);
  return parsed.ok ? parsed.value : parsed.raw;
}

/** The payloads that a body becomes: its events, itself as an API request, and itself as unreadable content. */
function payloadsOf(integration: Integration, body: Uint8Array): unknown[] {
  const content = contentOf(body);
  return [...eventsOf(integration, body), content, unreadable("unknown", content).payload];
}

/** The payloads of the events that a body becomes at each webhook; none if the integration has no webhook. */
function eventsOf(integration: Integration, body: Uint8Array): unknown[] {
  const { environment } = localEnvironment(integration);
  return integration.webhooks(environment).flatMap(({ paths, parse }) => {
    const url = localRequestUrl(environment, paths[0]);
    const request = { method: "POST", url, headers: {}, query: new URLSearchParams(), params: {}, body };
    return parse(request).map(({ payload }) => payload);
  });
}

/** Fields that identify a person at any platform. */
const IDENTITY_FIELD =
  /^(?:from|to|caller|called|phone|(?:work_)?phone_?number|email|wa_id|.*user_?id|.*recipient_id|.*participant_.*id|sender|.*first_?name|.*last_?name|full_name|user_?name)$/i;

const EMAIL = /[^\s@"<>\\]+@[^\s@"<>\\]+\.[a-z]{2,}/gi;

/** Phone numbers in international notation. */
const PHONE = /\+\d[\d ]{6,17}\d/g;

/**
 * The identities in a payload by general rules, which know no integration: e-mail addresses, phone numbers, the values
 * of identity fields, and the id of an object with a person's name.
 */
function identitiesIn(value: unknown, field = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((entry) => identitiesIn(entry, field));
  if (typeof value === "object" && value !== null) {
    const ofPerson = "first_name" in value && "id" in value ? identitiesIn(value.id, "user_id") : [];
    return [...ofPerson, ...Object.entries(value).flatMap(([key, entry]) => identitiesIn(entry, key))];
  }
  if (typeof value !== "string" && typeof value !== "number") return [];
  const text = String(value);
  // A short value can occur by chance within another one.
  if (IDENTITY_FIELD.test(field) && text.length >= 3) return [text];
  return [...(text.match(EMAIL) ?? []), ...(text.match(PHONE) ?? [])];
}

/**
 * Arbitrary JSON, and real payloads with one changed value. A made-up value has no `@`: it would rarely look like an e-mail
 * address by chance, also in a field that names no person.
 */
function damaged(payloads: readonly unknown[]): fc.Arbitrary<unknown> {
  const madeUp = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("@"));
  const valueChanged = fc.tuple(fc.constantFrom(...payloads), fc.nat(), madeUp).map(([payload, at, value]) => {
    let values = 0;
    const text = JSON.stringify(payload, (_, inner: unknown) => (values++, inner));
    let next = 0;
    return JSON.parse(text, (_, inner: unknown) => (next++ === at % values ? value : inner)) as unknown;
  });
  return fc.oneof(madeUp, valueChanged);
}
