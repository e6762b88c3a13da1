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
  ProviderError,
  type RawRequest,
  type Sample,
  type ParsedEvent,
  UNREADABLE,
  type Webhook,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { fetchPorts } from "../test/fetch-ports.ts";
import { fetchAndHandle } from "../test/handle-event.ts";
import { localEnvironment } from "../test/local-environment.ts";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");
const source = new URL(".", import.meta.url);

test("every integration has a folder, and every folder is in the registry", () => {
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

  test.each(samples)("the sample %s authenticates and is parsed", (_, sample) => {
    const request = requestOf(webhook, sample);
    expect(webhook.authenticate(request)).toBe(true);
    const events = webhook.parse(request);
    expect(events.length).toBeGreaterThan(0);
    expect(events.map(({ kind }) => kind)).not.toContain(UNREADABLE);
    for (const event of events) expect(integration.accountOf?.(event)).toMatch(/^[\w-]+$/);
  });

  test.each(fixtures)("the fixture %s is parsed, and its events are handled or fail with a reason", async (_, body) => {
    const events = parseAtEveryPath(body);
    expect(events.length).toBeGreaterThan(0);
    expect(await faultsInWork(events)).toEqual([]);
  });

  test.each(samples)(
    "the sample %s with one flipped bit in its credentials or signed body does not authenticate",
    (_, sample) => {
      for (const { bytes, replace } of authenticatedBytes(requestOf(webhook, sample), secrets)) {
        fc.assert(
          fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 6 }), (at, bit) => {
            const changed = bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
            expect(webhook.authenticate(replace(Buffer.from(changed)))).toBe(false);
          }),
        );
      }
    },
  );

  test("a request without a secret or signature does not authenticate", () => {
    for (const request of requests) expect(webhook.authenticate({ ...request, headers: {}, params: {} })).toBe(false);
  });

  test.each(integration.local.secrets)("the start fails without %s, and the error names it but no secret", (name) => {
    for (const value of [undefined, ""]) {
      const start = () => integration.webhook({ ...environment, [name]: value });
      expect(start).toThrow(EnvironmentError);
      expect(start).toThrow(name);
      for (const secret of secrets) expect(start).not.toThrow(secret);
    }
  });

  test("an integration that is switched off has no webhook and needs no secret", () => {
    const toggle = `${id.toUpperCase()}_WEBHOOK_ENABLED`;
    expect(integration.webhook({ [toggle]: "false" })).toBeUndefined();
    expect(() => integration.webhook({ [toggle]: "perhaps" })).toThrow(toggle);
  });

  test("any body is parsed into valid events, always the same, without an exception", () => {
    fc.assert(
      fc.property(damaged(bodies), (body) => {
        const events = parseAtEveryPath(body);
        expect(faultsInEvents(events)).toEqual([]);
        expect(parseAtEveryPath(body)).toEqual(events);
      }),
    );
  });

  test("any event is handled or fails with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(damaged(bodies), async (body) => {
        expect(await faultsInWork(parseAtEveryPath(body))).toEqual([]);
      }),
    );
  });

  /** The events of a body at each of the webhook's paths. Path parameters hold a secret, to show that it does not leak. */
  function parseAtEveryPath(body: Uint8Array): ParsedEvent[] {
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
    const work = async (parsed: ParsedEvent): Promise<string[]> => {
      try {
        await fetchAndHandle(integration.handler(environment), { ...origin, ...parsed }, { ...fetchPorts(), log });
        return [];
      } catch (error) {
        return error instanceof ProviderError ? secretsIn(error.message) : [describeError(error)];
      }
    };
    return [...(await Promise.all(events.map(work))).flat(), ...secretsIn(text())];
  }

  function secretsIn(text: string): string[] {
    return secrets.filter((secret) => text.includes(secret)).map(() => "a secret leaks");
  }
});

function webhookOf(integration: Integration, environment: Environment): Webhook {
  const webhook = integration.webhook(environment);
  if (!webhook) throw new Error(`${integration.id} is switched off`);
  return webhook;
}

/** Whether a sample is a request to the webhook and not to an API route. */
function isOf({ paths }: Webhook, path: string): boolean {
  const { pathname } = new URL(path, "http://127.0.0.1");
  return paths.some((pattern) => paramsOf(pattern, pathname) !== undefined);
}

/** The request that ingest passes to the webhook for a sample. */
function requestOf({ paths }: Webhook, { path, headers, body }: Sample): RawRequest {
  const url = new URL(path, "http://127.0.0.1");
  const params = paths.map((pattern) => paramsOf(pattern, url.pathname)).find((found) => found !== undefined);
  if (!params) throw new Error("the webhook does not have the sample's path");
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method: "POST", headers: lowerCase, query: url.searchParams, params, body: Buffer.from(body) };
}

/** The parameters of a path that matches a pattern; undefined if it does not match. */
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

/** The JSON files of an integration's fixtures, each as a request body. */
function fixturesOf(id: string): (readonly [name: string, body: Uint8Array])[] {
  const folder = new URL(`${id}/fixtures/`, source);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names.map((name) => [name, readFileSync(new URL(name, folder))] as const);
}

/**
 * The bytes that authenticate a request, each with a function that replaces them: the headers and parameters that hold
 * a secret, or the body of a signed request.
 */
function authenticatedBytes(request: RawRequest, secrets: readonly string[]) {
  const carried = (["headers", "params"] as const).flatMap((part) =>
    Object.entries(request[part]).flatMap(([name, value]) => {
      if (!secrets.some((secret) => value?.includes(secret))) return [];
      const replace = (bytes: Buffer) => ({
        ...request,
        [part]: { ...request[part], [name]: bytes.toString("latin1") },
      });
      return [{ bytes: [...Buffer.from(value ?? "", "latin1")], replace }];
    }),
  );
  if (carried.length > 0) return carried;
  return [{ bytes: [...request.body], replace: (body: Buffer) => ({ ...request, body }) }];
}

/** Arbitrary bytes, arbitrary JSON, and real bodies with one changed byte or value. */
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
