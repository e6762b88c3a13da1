import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  describeError,
  type Environment,
  EnvironmentError,
  EVENT_VERSION,
  type Integration,
  MAX_EVENT_ID_LENGTH,
  parseJsonBody,
  permanent,
  ProviderError,
  type RawRequest,
  retryable,
  type Sample,
  type ParsedEvent,
  UNREADABLE,
  type Webhook,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");
const source = new URL(".", import.meta.url);

test("every integration has its folder, and every folder its line in the registry", () => {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).filter((name) => name !== "shared");
  expect(new Set(names)).toEqual(new Set(integrations.map(({ id }) => id)));
  expect(integrations).toHaveLength(names.length);
});

const withWebhook = integrations.filter((integration) =>
  integration.webhook(localEnvironment(integration).environment),
);

describe.each(withWebhook.map((integration) => [integration.id, integration] as const))("%s", (id, integration) => {
  const { environment, secrets } = localEnvironment(integration);
  const webhook = webhookOf(integration, environment);
  const samples = Object.entries(integration.samples(environment, NOW)).filter(([, { path }]) => isOf(webhook, path));
  const requests = samples.map(([, sample]) => requestOf(webhook, sample));
  const fixtures = fixturesOf(id);
  const bodies = [...requests.map(({ body }) => body), ...fixtures.map(([, body]) => body)];

  test("has samples and fixtures", () => {
    expect(samples.length).toBeGreaterThan(0);
    expect(fixtures.length).toBeGreaterThan(0);
  });

  test.each(samples)("the sample %s is let in and read", (_, sample) => {
    const request = requestOf(webhook, sample);
    expect(webhook.authenticate(request)).toBe(true);
    const events = webhook.parse(request);
    expect(events.length).toBeGreaterThan(0);
    expect(events.map(({ kind }) => kind)).not.toContain(UNREADABLE);
    for (const event of events) expect(integration.accountOf?.(event)).toMatch(/^[\w-]+$/);
  });

  test.each(fixtures)("the fixture %s is split, and its events are handled or die with a reason", async (_, body) => {
    const events = splitEverywhere(body);
    expect(events.length).toBeGreaterThan(0);
    expect(await faultsInWork(events)).toEqual([]);
  });

  test.each(samples)("one flipped bit in what vouches for the sample %s has it refused", (_, sample) => {
    for (const { bytes, put } of vouchers(requestOf(webhook, sample), secrets)) {
      fc.assert(
        fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 6 }), (at, bit) => {
          const changed = bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
          expect(webhook.authenticate(put(Buffer.from(changed)))).toBe(false);
        }),
      );
    }
  });

  test("nothing is let in that has no secret or signature with it", () => {
    for (const request of requests) expect(webhook.authenticate({ ...request, headers: {}, params: {} })).toBe(false);
  });

  test.each(integration.local.secrets)(
    "without %s it does not start, and says so without telling the others",
    (name) => {
      for (const value of [undefined, ""]) {
        const start = () => integration.webhook({ ...environment, [name]: value });
        expect(start).toThrow(EnvironmentError);
        expect(start).toThrow(name);
        for (const secret of secrets) expect(start).not.toThrow(secret);
      }
    },
  );

  test("switched off it is not there and needs no secret", () => {
    const toggle = `${id.toUpperCase()}_WEBHOOK_ENABLED`;
    expect(integration.webhook({ [toggle]: "false" })).toBeUndefined();
    expect(() => integration.webhook({ [toggle]: "perhaps" })).toThrow(toggle);
  });

  test("whatever the body is, splitting it gives sound events, always the same, and never throws", () => {
    fc.assert(
      fc.property(damaged(bodies), (body) => {
        const events = splitEverywhere(body);
        expect(faultsInEvents(events)).toEqual([]);
        expect(splitEverywhere(body)).toEqual(events);
      }),
    );
  });

  test("whatever is in an event, it is handled or dies with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(damaged(bodies), async (body) => {
        expect(await faultsInWork(splitEverywhere(body))).toEqual([]);
      }),
    );
  });

  /** The events of a body that comes to any of the webhook's paths; the parameters of paths are as secret as can be. */
  function splitEverywhere(body: Uint8Array): ParsedEvent[] {
    return requests.slice(0, 1).flatMap((request) =>
      webhook.paths.flatMap((path) => {
        const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
        const params = Object.fromEntries(names.map((name) => [name, secrets[0] ?? ""]));
        return webhook.parse({ ...request, params, body });
      }),
    );
  }

  function faultsInEvents(events: readonly ParsedEvent[]): string[] {
    return events.flatMap(({ id, kind, payload }) => [
      // BullMQ keeps colons and integers for job ids of its own.
      ...(/^[^:\s]+$/.test(id) && !/^-?\d+$/.test(id) && id.length <= MAX_EVENT_ID_LENGTH ? [] : [`the id ${id}`]),
      ...(kind === "" ? [`${id} has no kind`] : []),
      ...secretsIn(JSON.stringify([id, kind, payload])),
    ]);
  }

  async function faultsInWork(events: readonly ParsedEvent[]): Promise<string[]> {
    const { log, text } = recordingLogger();
    const origin = {
      v: EVENT_VERSION,
      integration: id,
      correlationId: "conformance",
      receivedAt: NOW.toISOString(),
    } as const;
    const context = {
      http: () => Promise.reject(retryable("network failure: ECONNREFUSED")),
      log,
      now: () => NOW,
      newId: () => "019ab000-0000-7000-8000-000000000000",
      accounts: { tenantOf: () => Promise.resolve("019ab000-0000-7000-8000-000000000001") },
      media: { read: () => Promise.reject(permanent("no media")), write: () => Promise.reject(permanent("no media")) },
      formats: [],
      signal: new AbortController().signal,
    };
    const work = async (split: ParsedEvent): Promise<string[]> => {
      try {
        await integration.handler(environment).handle({ ...origin, ...split }, context);
        return [];
      } catch (error) {
        return error instanceof ProviderError ? secretsIn(error.message) : [describeError(error)];
      }
    };
    return [...(await Promise.all(events.map(work))).flat(), ...secretsIn(text())];
  }

  function secretsIn(text: string): string[] {
    return secrets.filter((secret) => text.includes(secret)).map(() => "a secret is told");
  }
});

/** Variables as a machine without any account has them; each secret is made of its variable's name. */
function localEnvironment({ local }: Integration): { environment: Environment; secrets: string[] } {
  const made = Object.fromEntries(local.secrets.map((name) => [name, createHash("sha256").update(name).digest("hex")]));
  return { environment: { ...made, ...local.endpoints(made, "http://127.0.0.1:8082") }, secrets: Object.values(made) };
}

function webhookOf(integration: Integration, environment: Environment): Webhook {
  const webhook = integration.webhook(environment);
  if (!webhook) throw new Error(`${integration.id} is switched off`);
  return webhook;
}

/** Whether a sample is a request to the webhook, and not to a route of our own. */
function isOf({ paths }: Webhook, path: string): boolean {
  const { pathname } = new URL(path, "http://127.0.0.1");
  return paths.some((pattern) => paramsOf(pattern, pathname) !== undefined);
}

/** A sample as ingest would hand it on. */
function requestOf({ paths }: Webhook, { path, headers, body }: Sample): RawRequest {
  const url = new URL(path, "http://127.0.0.1");
  const params = paths.map((pattern) => paramsOf(pattern, url.pathname)).find((found) => found !== undefined);
  if (!params) throw new Error("the sample's path is none of the webhook's");
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method: "POST", headers: lowerCase, query: url.searchParams, params, body: Buffer.from(body) };
}

/** The parameters with which a path is the pattern's; undefined where it is not. */
function paramsOf(pattern: string, path: string): Record<string, string> | undefined {
  const parts = path.split("/");
  const expected = pattern.split("/");
  const same = (part: string, index: number) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]);
  if (parts.length !== expected.length || !expected.every(same)) return undefined;
  const params = expected.map((part, index): [string, string] => [part, parts[index] ?? ""]);
  return Object.fromEntries(
    params.filter(([part]) => part.startsWith(":")).map(([part, value]) => [part.slice(1), value]),
  );
}

/** Every JSON file of an integration's fixtures, as the body of a request. */
function fixturesOf(id: string): (readonly [name: string, body: Uint8Array])[] {
  const folder = new URL(`${id}/fixtures/`, source);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names.map((name) => [name, readFileSync(new URL(name, folder))] as const);
}

/**
 * What a request is believed for, with a way to put other bytes in its place: the secrets that it carries as they are,
 * or else, being signed, its body.
 */
function vouchers(request: RawRequest, secrets: readonly string[]) {
  const carried = (["headers", "params"] as const).flatMap((part) =>
    Object.entries(request[part]).flatMap(([name, value]) => {
      if (!secrets.some((secret) => value?.includes(secret))) return [];
      const put = (bytes: Buffer) => ({ ...request, [part]: { ...request[part], [name]: bytes.toString("latin1") } });
      return [{ bytes: [...Buffer.from(value ?? "", "latin1")], put }];
    }),
  );
  return carried.length > 0 ? carried : [{ bytes: [...request.body], put: (body: Buffer) => ({ ...request, body }) }];
}

/** Any bytes, any JSON, and real bodies with one byte or one value changed. */
function damaged(bodies: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const real = fc.constantFrom(...bodies).map((body) => Buffer.from(body));
  const byteChanged = fc.tuple(real, fc.nat(), fc.nat({ max: 255 })).map(([body, at, byte]) => {
    body[at % body.length] = byte;
    return body;
  });
  const valueChanged = fc.tuple(real, fc.nat(), fc.jsonValue()).map(([body, at, value]) => {
    const parsed = parseJsonBody(body);
    if (!parsed.ok) return body;
    let values = 0;
    JSON.stringify(parsed.value, (_, inner: unknown) => (values++, inner));
    let next = 0;
    const change = (_: string, inner: unknown) => (next++ === at % values ? value : inner);
    return Buffer.from(JSON.stringify(parsed.value, change));
  });
  return fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    byteChanged,
    valueChanged,
  );
}
