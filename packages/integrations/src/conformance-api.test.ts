import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ApiRoute,
  describeError,
  type Environment,
  EnvironmentError,
  EVENT_VERSION,
  type EventHandler,
  type Integration,
  MAX_EVENT_ID_LENGTH,
  ProviderError,
  type RawRequest,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { fetchPorts } from "../test/fetch-ports.ts";
import { fetchAndHandle } from "../test/handle-event.ts";
import { localEnvironment } from "../test/local-environment.ts";
import { integrations } from "./registry.ts";

const NOW = new Date("2026-11-22T08:00:00.000Z");
const ID = "019ab000-0000-7000-8000-000000000000";
const formats = integrations.map(({ format }) => format).filter((format) => format !== undefined);

/** The routes of these integrations also accept requests while they are switched off, and hold them. */
const HOLDS_WHEN_OFF = ["google"];

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
      fc.asyncProperty(fc.oneof(fc.jsonValue(), likely), async (body) => {
        const parsed = route.body.safeParse(body);
        if (!parsed.success) return;
        expect(await faultsIn(parsed.data)).toEqual([]);
      }),
    );
  });

  test("a plausible body becomes events, and the same events under the same Idempotency-Key", async () => {
    const bodies = fc
      .sample(likely, { numRuns: 600, seed: 20_261_128 })
      .filter((body) => route.body.safeParse(body).success);
    expect(bodies.length).toBeGreaterThan(0);
    for (const body of bodies) {
      expect(await faultsIn(route.body.parse(body))).toEqual([]);
      expect(accept(route, body)).toEqual(accept(route, body));
    }
  });

  test("a route that is switched off is absent, or holds its requests, and needs no secret", () => {
    const off = integration.api?.({ [`${integration.id.toUpperCase()}_WEBHOOK_ENABLED`]: "false" }, formats);
    const statuses = off?.filter(({ paths }) => paths[0] === route.paths[0]).map(({ status }) => status);
    expect(statuses).toEqual(HOLDS_WHEN_OFF.includes(integration.id) ? [200] : []);
  });

  async function faultsIn(body: unknown): Promise<string[]> {
    const { log, text } = recordingLogger();
    const faults = await Promise.all(
      accept(route, body).map(async ({ id, kind, payload }) => {
        const valid = /^[^:\s]+$/.test(id) && id.length <= MAX_EVENT_ID_LENGTH && kind !== "";
        const event = {
          v: EVENT_VERSION,
          integration: integration.id,
          correlationId: "c",
          receivedAt: NOW.toISOString(),
        } as const;
        try {
          await fetchAndHandle(
            handlerOf(integration, environment, route),
            { ...event, id, kind, payload },
            { ...fetchPorts(), log },
          );
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
    const requests = samples.map(({ headers, body }): RawRequest => {
      const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      return { method: "POST", headers: lowerCase, query: new URLSearchParams(), params: {}, body: Buffer.from(body) };
    });

    test("10: its samples authenticate, and fail with one flipped bit in the body or without their headers", () => {
      for (const request of requests) {
        expect(route.authenticate?.(request, NOW)).toBe(true);
        expect(route.authenticate?.({ ...request, headers: {} }, NOW)).toBe(false);
        fc.assert(
          fc.property(fc.nat({ max: request.body.length - 1 }), fc.nat({ max: 6 }), (at, bit) => {
            const body = request.body.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
            expect(route.authenticate?.({ ...request, body }, NOW)).toBe(false);
          }),
        );
      }
    });

    test("10: a signed request authenticates only within ten minutes of its time", () => {
      const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);
      for (const request of requests)
        for (const at of [minutes(-11), minutes(11)]) expect(route.authenticate?.(request, at)).toBe(false);
    });

    test.each(integration.local.secrets)("10: the start fails without %s, and the error names it", (name) => {
      expect(() => integration.api?.({ ...environment, [name]: "" }, formats)).toThrow(EnvironmentError);
      expect(() => integration.api?.({ ...environment, [name]: "" }, formats)).toThrow(name);
    });
  },
);

/** Message contents, valid and nearly valid. */
const content = fc.oneof(
  fc.record({ type: fc.constant("text"), text: fc.string({ minLength: 1 }) }),
  fc.record({ type: fc.constant("image"), media: fc.record({ link: fc.webUrl() }) }),
  fc.record({
    type: fc.constant("location"),
    latitude: fc.integer({ min: -90, max: 90 }),
    longitude: fc.integer({ min: -180, max: 180 }),
  }),
);
const likely = fc.oneof(
  fc.record({
    to: fc.constantFrom({ phone: "+15551230001" }, { userId: "US.1234" }, { chatId: "7001" }, { conversationId: ID }),
    message: content,
  }),
  fc.record({ turnId: fc.constant(ID), messages: fc.array(content, { minLength: 1, maxLength: 3 }) }),
  fc.record({ conversationId: fc.constant(ID), mode: fc.constantFrom("ai", "human", "both") }),
  fc.record(
    { value: fc.nat(), currency: fc.constantFrom("EUR", "ZZZ"), transactionId: fc.string({ minLength: 1 }) },
    { requiredKeys: ["value", "currency"] },
  ),
  fc.record(
    {
      gclid: fc.string({ minLength: 1 }),
      timestamp: fc.constantFrom(NOW.toISOString(), "2026-11-21T10:00:00+03:00", "2026-11-21"),
      value: fc.oneof(fc.nat(), fc.double(), fc.constantFrom("12.50", "12,50")),
      currency: fc.constantFrom("EUR", "usd", "ZZZ"),
      email: fc.emailAddress(),
      consent: fc.record({ adUserData: fc.constantFrom("granted", "denied") }),
    },
    { requiredKeys: ["gclid", "timestamp", "value", "currency"] },
  ),
);

function accept(route: ApiRoute, body: unknown) {
  const call = { params: { id: ID }, caller: "c", idempotencyKey: "key", newId: () => ID, now: NOW };
  return route.accept(route.body.parse(body), call).events;
}

function handlerOf(integration: Integration, environment: Environment, { role }: ApiRoute): EventHandler {
  const handler = role === "requests" ? integration.requests?.(environment) : integration.handler(environment);
  if (!handler) throw new Error(`${integration.id} has no handler for ${role}`);
  return handler;
}
