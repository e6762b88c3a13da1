import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  describeError,
  EnvironmentError,
  EVENT_VERSION,
  MAX_EVENT_ID_LENGTH,
  ProviderError,
  type RawRequest,
  type ParsedEvent,
  toggleOf,
  UNREADABLE,
  type Webhook,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { authenticatedBytes, flipped, isSameForm, urlBytes } from "../test/authenticated-bytes.ts";
import { damaged } from "../test/damaged.ts";
import { factFaults } from "../test/fact-faults.ts";
import { fetchPorts } from "../test/fetch-ports.ts";
import { fixturesOf } from "../test/fixtures.ts";
import { fetchAndHandle } from "../test/handle-event.ts";
import { localEnvironment } from "../test/local-environment.ts";
import { isAuthentic, isFor, requestOf } from "../test/webhook-request.ts";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");
const SANDBOX_URL = "http://sandbox.example";

test("every integration has a folder, and every folder is in the registry", () => {
  const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const names = folders.map(({ name }) => name).filter((name) => name !== "shared");
  expect(new Set(names)).toEqual(new Set(integrations.map(({ id }) => id)));
  expect(integrations).toHaveLength(names.length);
});

test("no two webhooks share a path", () => {
  const paths = integrations.flatMap((integration) =>
    integration.webhooks(localEnvironment(integration).environment).flatMap((webhook) => webhook.paths),
  );
  expect(new Set(paths).size).toBe(paths.length);
});

const environmentExample = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");

const noQuery = new URLSearchParams();

const withWebhooks = integrations.filter(
  (integration) => integration.webhooks(localEnvironment(integration).environment).length > 0,
);

describe.each(withWebhooks.map((integration) => [integration.id, integration] as const))("%s", (id, integration) => {
  const { environment, secrets } = localEnvironment(integration);
  const webhooks = integration.webhooks(environment).map((webhook) => {
    const samples = samplesOf(webhook);
    return { webhook, samples, requests: samples.map(([, request]) => request) };
  });
  const fixtures = fixturesOf(id);
  const bodies = [
    ...webhooks.flatMap(({ requests }) => requests.map(({ body }) => body)),
    ...fixtures.map(([, body]) => body),
  ];

  test("has fixtures", () => {
    expect(fixtures.length).toBeGreaterThan(0);
  });

  test.each(fixtures)("the fixture %s is parsed, and its events are handled or fail with a reason", async (_, body) => {
    const events = parseAtEveryPath(body);
    expect(events.length).toBeGreaterThan(0);
    expect(await faultsInWork(events)).toEqual([]);
  });

  test.each(integration.local.secrets)("the start fails without %s, and the error names it but no secret", (name) => {
    for (const value of [undefined, ""]) {
      const start = () => integration.webhooks({ ...environment, [name]: value });
      expect(start).toThrow(EnvironmentError);
      expect(start).toThrow(name);
      for (const secret of secrets) expect(start).not.toThrow(secret);
    }
  });

  test("an integration that is switched off has no webhook and needs no secret", () => {
    expect(integration.webhooks({ [toggleOf(id)]: "false" })).toEqual([]);
    expect(() => integration.webhooks({ [toggleOf(id)]: "perhaps" })).toThrow(toggleOf(id));
  });

  test("without its variable, an integration is switched on or off as .env.example shows", () => {
    const [, shown] = new RegExp(`^# ${toggleOf(id)}=(true|false)$`, "m").exec(environmentExample) ?? [];
    expect(shown).toBeDefined();
    const { [toggleOf(id)]: _, ...unset } = environment;
    expect(integration.webhooks(unset).length > 0).toBe(shown === "true");
  });

  test("npm start gives its accounts to the sandbox tenant, and keeps it switched off if its variable is false", () => {
    const { accounts, endpoints } = integration.local;
    expect(accounts.length === 0 || Object.keys(endpoints({}, SANDBOX_URL)).length > 0).toBe(true);
    const off = endpoints({ [toggleOf(id)]: "false" }, SANDBOX_URL);
    expect(["false", undefined]).toContain(off[toggleOf(id)]);
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

  test("any event becomes facts that can be stored, or fails with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(damaged(bodies), async (body) => {
        expect(await faultsInWork(parseAtEveryPath(body))).toEqual([]);
      }),
    );
  });

  describe.each(webhooks.map((one) => [one.webhook.paths[0], one] as const))(
    "%s",
    (_, { webhook, samples, requests }) => {
      test("has samples", () => {
        expect(samples.length).toBeGreaterThan(0);
      });

      test.each(samples)("the sample %s authenticates and is parsed", async (_name, request) => {
        expect(await isAuthentic(webhook, request, NOW)).toBe(true);
        const events = webhook.parse(request);
        expect(events.length).toBeGreaterThan(0);
        expect(events.map(({ kind }) => kind)).not.toContain(UNREADABLE);
        for (const event of events) expect(integration.accountOf(event) ?? "none").toMatch(/^[\w+-]+$/);
      });

      test("an event of its samples names an account, unless the platform has none", () => {
        const events = samples.flatMap(([, request]) => webhook.parse(request));
        const named = events.some((event) => integration.accountOf(event) !== undefined);
        expect(named).toBe(integration.local.accounts.length > 0);
      });

      test("10: the samples authenticate when ingest has a public URL with a path", async () => {
        for (const [, request] of samplesOf(webhook, "https://hooks.example/mill"))
          expect(await isAuthentic(webhook, request, NOW)).toBe(true);
      });

      test.each(samples)(
        "10: the sample %s with one flipped bit in its credentials or signed body does not authenticate",
        async (_name, request) => {
          for (const part of authenticatedBytes(request, secrets)) {
            await fc.assert(
              fc.asyncProperty(flipped(part), async (changed) => {
                expect((await isAuthentic(webhook, changed, NOW)) && !isSameForm(changed, request)).toBe(false);
              }),
            );
          }
        },
      );

      test("10: if a signature covers the URL, a request with one flipped bit in its URL does not authenticate", async () => {
        for (const request of requests) {
          const coversUrl = !(await isAuthentic(webhook, { ...request, url: `${request.url}/elsewhere` }, NOW));
          await fc.assert(
            fc.asyncProperty(flipped(urlBytes(request)), async (changed) => {
              expect(await isAuthentic(webhook, changed, NOW)).toBe(!coversUrl);
            }),
          );
        }
      });

      test("10: if a signature has a time, a request authenticates only within half an hour of it", async () => {
        const seconds = String(NOW.getTime() / 1000);
        const timed = requests.filter(({ headers }) =>
          Object.values(headers).some((value) => value?.includes(seconds)),
        );
        for (const request of timed)
          for (const minutes of [-31, 31])
            expect(await isAuthentic(webhook, request, new Date(NOW.getTime() + minutes * 60_000))).toBe(false);
      });

      test("10: a request without a secret or signature, or with no secret in force, does not authenticate", async () => {
        for (const request of requests) {
          expect(await isAuthentic(webhook, { ...request, headers: {}, params: {} }, NOW)).toBe(false);
          expect(await webhook.authenticate(request, { now: NOW, secrets: [] })).toBe(false);
        }
      });

      test("no sample is a verification challenge", () => {
        const answersPost = webhook.challenge?.methods.includes("POST");
        const challenges = requests.filter((request) => answersPost && webhook.challenge?.respond(request));
        expect(challenges).toEqual([]);
      });

      test("the responses to any body contain no secret", () => {
        fc.assert(
          fc.property(damaged(bodies), (body) => {
            for (const request of requestsAtEveryPath(webhook, body)) {
              const challenges =
                webhook.challenge?.methods.map((method) => ({ ...request, method, query: noQuery })) ?? [];
              const responses = [
                webhook.respond?.(request),
                ...challenges.map((one) => webhook.challenge?.respond(one)),
              ];
              expect(secretsIn(JSON.stringify(responses))).toEqual([]);
            }
          }),
        );
      });
    },
  );

  /** The requests of the webhook's samples under their names. */
  function samplesOf(webhook: Webhook, publicUrl?: string): (readonly [name: string, request: RawRequest])[] {
    const variables = { ...environment, INGEST_PUBLIC_URL: publicUrl };
    return Object.entries(integration.samples(variables, NOW))
      .filter(([, sample]) => isFor(webhook, sample))
      .map(([name, sample]) => [name, requestOf(webhook.paths, sample, variables)] as const);
  }

  /** A sample with another body at each path. Path parameters hold a secret, to show that it does not leak. */
  function requestsAtEveryPath(webhook: Webhook, body: Uint8Array): RawRequest[] {
    const [, request] = samplesOf(webhook)[0] ?? [];
    if (!request) return [];
    return webhook.paths.map((path) => {
      const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
      const params = Object.fromEntries(names.map((name) => [name, secrets[0] ?? ""]));
      const url = `http://127.0.0.1:8080${path.replaceAll(/:\w+/g, secrets[0] ?? "")}`;
      return { ...request, url, params, body };
    });
  }

  function parseAtEveryPath(body: Uint8Array): ParsedEvent[] {
    return webhooks.flatMap(({ webhook }) =>
      requestsAtEveryPath(webhook, body).flatMap((request) => webhook.parse(request)),
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
        const event = { ...origin, ...parsed };
        return factFaults(
          (await fetchAndHandle(integration.handler(environment), event, { ...fetchPorts(), log })).facts,
        );
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
