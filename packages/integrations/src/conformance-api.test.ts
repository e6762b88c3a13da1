import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ApiRoute,
  describeError,
  type Environment,
  EnvironmentError,
  EVENT_VERSION,
  type EventHandler,
  formatsOf,
  type Integration,
  InvalidFieldError,
  MAX_EVENT_ID_LENGTH,
  type ParsedEvent,
  ProviderError,
  toggleOf,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { authenticatedBytes, flipped } from "../test/authenticated-bytes.ts";
import { withValue } from "../test/damaged.ts";
import { factFaults } from "../test/fact-faults.ts";
import { fetchPorts } from "../test/fetch-ports.ts";
import { fetchAndHandle } from "../test/handle-event.ts";
import { localEnvironment } from "../test/local-environment.ts";
import { requestOf } from "../test/webhook-request.ts";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");
const ID = "019ab000-0000-7000-8000-000000000000";
const formats = formatsOf(integrations);

const routes = integrations.flatMap((integration) => {
  const { environment, secrets } = localEnvironment(integration);
  return (integration.api?.(environment, formats) ?? []).map(
    (route) => [route.paths[0], { integration, environment, secrets, route }] as const,
  );
});

test("no two API routes share a path", () => {
  const paths = routes.flatMap(([, { route }]) => route.paths);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.length).toBeGreaterThan(0);
});

describe.each(routes)("%s", (_, { integration, environment, secrets, route }) => {
  test("any body is rejected by the schema, or becomes valid events that are handled or fail with a reason", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), changedExample(route)), async (body) => {
        expect(route.body.safeParse(body).success ? await faultsIn(body) : []).toEqual([]);
      }),
    );
  });

  test.each(route.examples.map(({ summary, body }) => [summary, body]))(
    'the example "%s" becomes events, and the same events under the same Idempotency-Key',
    async (_summary, body) => {
      expect(accept(route, body).length).toBeGreaterThan(0);
      expect(await faultsIn(body)).toEqual([]);
      expect(accept(route, body)).toEqual(accept(route, body));
    },
  );

  test("a route that is switched off is absent, or holds its requests, and needs no secret", () => {
    const off = integration.api?.({ [toggleOf(integration.id)]: "false" }, formats);
    const statuses = off?.filter(({ paths }) => paths[0] === route.paths[0]).map(({ status }) => status);
    expect(statuses).toEqual(route.holdsWhenOff ? [200] : []);
  });

  async function faultsIn(body: unknown): Promise<string[]> {
    const { log, text } = recordingLogger();
    const faults = await Promise.all(
      acceptedOf(route, body).map(async ({ id, kind, payload }) => {
        const valid = /^[^:\s]+$/.test(id) && id.length <= MAX_EVENT_ID_LENGTH && kind !== "";
        const event = {
          v: EVENT_VERSION,
          integration: integration.id,
          correlationId: "c",
          receivedAt: NOW.toISOString(),
        } as const;
        try {
          const handler = handlerOf(integration, environment, route);
          const { facts } = await fetchAndHandle(handler, { ...event, id, kind, payload }, { ...fetchPorts(), log });
          const faults = factFaults(facts);
          if (faults.length > 0) return faults;
        } catch (error) {
          if (!(error instanceof ProviderError)) return [describeError(error)];
          return secrets.filter((secret) => error.message.includes(secret)).map(() => "a secret is in the error");
        }
        return valid ? [] : [`the event ${kind} ${id}`];
      }),
    );
    return [...faults.flat(), ...secrets.filter((secret) => text().includes(secret)).map(() => "a secret is logged")];
  }
});

const authenticated = routes.filter(([, { route }]) => route.authenticate);

describe.each(authenticated)(
  "%s, which authenticates its requests itself",
  (_, { integration, environment, route }) => {
    const samples = Object.values(integration.samples(environment, NOW)).filter(({ path }) =>
      route.paths.includes(path),
    );
    const requests = samples.map((sample) => requestOf(route.paths, sample, environment));

    test("10: its samples authenticate, and fail with one flipped bit in the body or without their headers", () => {
      for (const request of requests) {
        expect(route.authenticate?.(request, NOW)).toBeDefined();
        expect(route.authenticate?.({ ...request, headers: {} }, NOW)).toBeUndefined();
        for (const part of authenticatedBytes(request, []))
          fc.assert(
            fc.property(flipped(part), (changed) => {
              expect(route.authenticate?.(changed, NOW)).toBeUndefined();
            }),
          );
      }
    });

    test("10: a signed request authenticates only within ten minutes of its time", () => {
      const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
      for (const request of requests)
        for (const at of [minutes(-11), minutes(11)]) expect(route.authenticate?.(request, at)).toBeUndefined();
    });

    test("10: a signed request that is sent again with other headers is the same request", () => {
      const others = { "idempotency-key": "another", "x-request-id": "another", "user-agent": "another" };
      for (const request of requests) {
        const authentic = route.authenticate?.(request, NOW);
        expect(authentic?.signed).toBeDefined();
        expect(route.authenticate?.({ ...request, headers: { ...request.headers, ...others } }, NOW)).toEqual(
          authentic,
        );
      }
    });

    test.each(integration.local.secrets)("10: the start fails without %s, and the error names it", (name) => {
      expect(() => integration.api?.({ ...environment, [name]: "" }, formats)).toThrow(EnvironmentError);
      expect(() => integration.api?.({ ...environment, [name]: "" }, formats)).toThrow(name);
    });
  },
);

/** An example of the route with another value in one place, or without it. */
function changedExample({ examples }: ApiRoute): fc.Arbitrary<unknown> {
  const value = fc.oneof(fc.jsonValue(), fc.string({ minLength: 1 }), fc.nat(), fc.constant(undefined));
  return fc
    .tuple(fc.constantFrom(...examples), fc.nat(), value)
    .map(([{ body }, at, replacement]) => withValue(body, at, replacement));
}

function accept(route: ApiRoute, body: unknown) {
  const call = { params: { id: ID }, caller: "c", idempotencyKey: "key", signed: undefined, newId: () => ID, now: NOW };
  return route.accept(route.body.parse(body), call).events;
}

/** The events of a body; none when the route refuses one of its fields. */
function acceptedOf(route: ApiRoute, body: unknown): readonly ParsedEvent[] {
  try {
    return accept(route, body);
  } catch (error) {
    if (error instanceof InvalidFieldError) return [];
    throw error;
  }
}

function handlerOf(integration: Integration, environment: Environment, { role }: ApiRoute): EventHandler {
  const requests = () => integration.capabilities?.send?.read(environment)?.requests;
  const handler = role === "requests" ? requests() : integration.handler(environment);
  if (!handler) throw new Error(`${integration.id} has no handler for ${role}`);
  return handler;
}
