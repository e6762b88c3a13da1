import { type ApiRoute, type Handled, type InboundEvent } from "@millrace/core";
import { expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../../test/handle-event.ts";
import { readRouteConfig } from "../config.ts";
import { google } from "../index.ts";
import { conversionRoute } from "./conversion-route.ts";
import { NOW } from "../upload/test/fake-google.ts";
import { wonRoute, type WonSubject } from "./won-route.ts";

const ID = "019ab000-0000-7000-8000-00000000000c";

const sale = { gclid: "c-1", timestamp: "2026-11-24T11:30:00Z", value: "12.50", currency: "EUR", transactionId: "A" };

const config = { ...readRouteConfig({}), enabled: true, accountId: "5550001111", actionId: "91" };

function eventOf(body: Record<string, unknown>, enabled = true): InboundEvent {
  return accepted(conversionRoute({ ...config, enabled }), body);
}

function won(subject: WonSubject, changes: object = {}, body: object = {}): InboundEvent {
  return accepted(wonRoute(subject, { ...config, ...changes }), { value: "149.90", currency: "EUR", ...body });
}

function accepted(route: ApiRoute, body: object): InboundEvent {
  const call = {
    params: { id: ID },
    caller: "c",
    idempotencyKey: undefined,
    signed: undefined,
    newId: () => "id",
    now: NOW,
  };
  const [event] = route.accept(route.body.parse(body), call).events;
  if (!event) throw new Error("no event");
  return inboundEvent("google", event);
}

function handle(event: InboundEvent): Handled {
  return handlePurely(google.handler({}), event);
}

test("a conversion becomes a conversion of the tenant that owns the account", () => {
  const { result, facts } = handle(eventOf({ ...sale, email: "ada@example.com", consent: { adUserData: "granted" } }));
  expect(result).toBe("written");
  expect(facts).toEqual([
    {
      fact: "conversion",
      integration: "google",
      tenant: { owner: { provider: "google", noun: "account", externalId: "5550001111" } },
      held: undefined,
      conversion: {
        transactionId: "A",
        accountId: "5550001111",
        actionId: "91",
        click: { kind: "gclid", id: "c-1" },
        convertedAt: sale.timestamp,
        value: "12.50",
        currency: "EUR",
        emailHash: "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
        consent: { adUserData: "granted" },
        eventSource: "WEB",
      },
    },
  ]);
});

test("a conversion with a tenant name becomes a conversion of that tenant", () => {
  const [fact] = handle(eventOf({ ...sale, tenant: "Acme" })).facts;
  expect(fact).toMatchObject({ tenant: { name: "Acme" } });
  expect(fact).not.toHaveProperty("conversion.tenant");
});

test("a conversion that was accepted while uploads were off is held", () => {
  expect(handle(eventOf(sale, false)).facts).toMatchObject([{ held: "switched_off" }]);
});

test.each<WonSubject>(["lead", "conversation"])(
  "a won %s keeps its sale, and what Google's route accepted",
  (subject) => {
    const consent = { adUserData: "denied" };
    const { facts } = handle(won(subject, { enabled: false, holdsWithoutConsent: true }, { consent }));
    expect(facts).toEqual([
      {
        fact: "won",
        subject,
        subjectId: ID,
        sale: {
          transactionId: `${subject}-${ID}`,
          wonAt: NOW.toISOString(),
          value: "149.90",
          currency: "EUR",
          consent,
          details: {
            google: {
              accountId: "5550001111",
              actionId: "91",
              eventSource: "WEB",
              enabled: false,
              holdsWithoutConsent: true,
            },
          },
        },
      },
    ]);
  },
);

test("an invalid payload fails with the names of its fields only", () => {
  const payload = { ...(eventOf(sale).payload as object), emailHash: "ada@example.com", click: undefined };
  expect(() => handle({ ...eventOf(sale), payload })).toThrow(
    expect.objectContaining({
      next: { kind: "permanent" },
      message: "payload not understood: click, emailHash",
    }),
  );
  expect(() => handle({ ...eventOf(sale), kind: "refund" })).toThrow(
    expect.objectContaining({ next: { kind: "permanent" } }),
  );
});

test("the samples use the given fields", () => {
  const fields = { gclid: "given", value: "7", currency: "USD", transactionId: "T" };
  const { conversion } = google.samples({ API_KEYS: "first, second" }, NOW, fields);
  expect(conversion?.headers).toMatchObject({ authorization: "Bearer first" });
  expect(JSON.parse(conversion?.body ?? "")).toMatchObject(fields);
  const path = (ids: object) => google.samples({}, NOW, { ...ids })["won"]?.path;
  expect([path({ leadId: "1" }), path({ conversationId: "2" })]).toEqual([
    "/api/leads/1/won",
    "/api/conversations/2/won",
  ]);
  const samples = google.samples({}, NOW);
  expect(samples["conversion"]?.path).toBe("/api/integrations/google/offline-conversion");
  expect(
    conversionRoute(readRouteConfig({})).body.safeParse(JSON.parse(samples["conversion"]?.body ?? "")).success,
  ).toBe(true);
});
