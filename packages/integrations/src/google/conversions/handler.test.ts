import {
  type AdapterContext,
  type ApiRoute,
  type Click,
  EVENT_VERSION,
  type InboundEvent,
  type Stores,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { readRouteConfig } from "../config.ts";
import { google } from "../index.ts";
import { conversionRoute } from "./conversion-route.ts";
import { NOW } from "../upload/test/fake-google.ts";
import { wonRoute, type WonSubject } from "./won-route.ts";

const ID = "019ab000-0000-7000-8000-00000000000c";

const THREAD = {
  channel: "whatsapp",
  accountId: "1",
  threadId: "2",
  kind: "direct",
  mode: "ai",
  epoch: 0,
} as const;
const sale = { gclid: "c-1", timestamp: "2026-11-24T11:30:00Z", value: "12.50", currency: "EUR", transactionId: "A" };

const config = { ...readRouteConfig({}), enabled: true, accountId: "5550001111", actionId: "91" };

function eventOf(body: Record<string, unknown>, enabled = true): InboundEvent {
  return accepted(conversionRoute({ ...config, enabled }), body);
}

function won(subject: WonSubject, changes: object = {}, body: object = {}): InboundEvent {
  return accepted(wonRoute(subject, { ...config, ...changes }), { value: "149.90", currency: "EUR", ...body });
}

function accepted(route: ApiRoute, body: object): InboundEvent {
  const call = { params: { id: ID }, caller: "c", idempotencyKey: undefined, newId: () => "id", now: NOW };
  const [event] = route.accept(route.body.parse(body), call).events;
  if (!event) throw new Error("no event");
  // The queue stores events as JSON.
  const parsed = JSON.parse(JSON.stringify(event)) as typeof event;
  return { v: EVENT_VERSION, integration: "google", correlationId: "c", receivedAt: NOW.toISOString(), ...parsed };
}

const unexpected = () => Promise.reject(new Error("no call is expected"));
const context: AdapterContext = {
  http: unexpected,
  log: recordingLogger().log,
  now: () => NOW,
  newId: () => "id",
  accounts: { tenantOf: unexpected },
  media: { read: unexpected, write: unexpected },
  formats: [],
  signal: new AbortController().signal,
};

/**
 * Handles an event and returns the calls of the stores. `isNew` is whether the conversion is new, `found` the lead or
 * conversation in the stores.
 */
async function handle(
  event: InboundEvent,
  isNew = true,
  found?: { tenantId: string; click?: Click; consents?: Record<string, boolean> },
) {
  const calls: unknown[][] = [];
  const recording =
    <Result>(name: string, result: Result) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
      return result;
    };
  const stores = {
    leads: { find: recording("findLead", found && { consents: {}, ...found }) },
    conversations: { find: recording("findConversation", found && { ...THREAD, ...found }) },
    accounts: { tenantOf: recording("tenantOf", "owner") },
    tenants: { findByName: recording("named", "named") },
    conversions: { add: recording("add", isNew) },
  } satisfies { [Name in keyof Stores]?: Partial<Stores[Name]> } as unknown as Stores;
  const write = await google.handler({}).handle(event, context);
  return { outcome: await write(stores), calls };
}

test("a conversion becomes a row of the tenant that owns the account", async () => {
  const { outcome, calls } = await handle(
    eventOf({ ...sale, email: "ada@example.com", consent: { adUserData: "granted" } }),
  );
  expect(outcome).toEqual({ result: "written" });
  expect(calls).toEqual([
    ["tenantOf", "google", "account", "5550001111"],
    [
      "add",
      {
        tenantId: "owner",
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
    ],
  ]);
});

test("a conversion with a tenant name becomes a row of that tenant", async () => {
  const { calls } = await handle(eventOf({ ...sale, tenant: "Acme" }));
  expect(calls).toMatchObject([
    ["named", "Acme"],
    ["add", { tenantId: "named" }],
  ]);
  expect(calls[1]?.[1]).not.toHaveProperty("tenant");
});

test("a conversion that was accepted while uploads were off is held, and the outcome has the reason", async () => {
  const { outcome, calls } = await handle(eventOf(sale, false));
  expect(outcome).toEqual({ result: "written", detail: "held: switched_off" });
  expect(calls.at(-1)).toMatchObject(["add", { held: "switched_off" }]);
});

test("3: a conversion that exists changes nothing", async () => {
  expect((await handle(eventOf(sale), false)).outcome).toEqual({ result: "ignored", detail: "uploaded before" });
});

const click: Click = { kind: "wbraid", id: "c-2" };

test("a won lead becomes a conversion of its tenant with its click id and the consent of its form", async () => {
  const consents = { privacy: true, ad_user_data: true, ad_personalization: false };
  const { outcome, calls } = await handle(won("lead"), true, { tenantId: "mill", click, consents });
  expect(outcome).toEqual({ result: "written" });
  expect(calls).toMatchObject([
    ["findLead", ID],
    [
      "add",
      {
        tenantId: "mill",
        leadId: ID,
        transactionId: `lead-${ID}`,
        click,
        consent: { adUserData: "granted", adPersonalization: "denied" },
        held: undefined,
      },
    ],
  ]);
  expect(calls[1]?.[1]).not.toHaveProperty("subject");
});

test("the caller's consent takes precedence over the form's, field by field", async () => {
  const consents = { ad_user_data: true, ad_personalization: true };
  const event = won("lead", {}, { consent: { adUserData: "denied" } });
  const { calls } = await handle(event, true, { tenantId: "mill", click, consents });
  expect(calls[1]?.[1]).toMatchObject({ consent: { adUserData: "denied", adPersonalization: "granted" } });
});

test("a won conversation becomes a conversion of its tenant without consent", async () => {
  const { calls } = await handle(won("conversation"), true, { tenantId: "mill", click });
  expect(calls).toMatchObject([
    ["findConversation", ID],
    ["add", { tenantId: "mill", conversationId: ID, click, consent: {}, held: undefined }],
  ]);
});

test("a won lead or conversation without consent is held if consent is required", async () => {
  const holds = { holdsWithoutConsent: true };
  const lead = (consents: Record<string, boolean>) =>
    handle(won("lead", holds), true, { tenantId: "mill", click, consents });
  expect((await lead({})).outcome).toEqual({ result: "written", detail: "held: no_consent" });
  expect((await lead({ ad_user_data: true })).outcome).toEqual({ result: "written" });
  const off = await handle(won("conversation", { enabled: false }), true, { tenantId: "mill", click });
  expect(off.outcome).toEqual({ result: "written", detail: "held: switched_off" });
});

test.each<[string, { tenantId: string } | undefined]>([
  ["there is no such conversation", undefined],
  ["the conversation has no click id", { tenantId: "mill" }],
])("a won event that cannot become a conversion fails with the reason: %s", async (message, found) => {
  await expect(handle(won("conversation"), true, found)).rejects.toMatchObject({
    next: { kind: "permanent" },
    message,
  });
});

test("an invalid payload fails with the names of its fields only", async () => {
  const payload = { ...(eventOf(sale).payload as object), emailHash: "ada@example.com", click: undefined };
  await expect(handle({ ...eventOf(sale), payload })).rejects.toMatchObject({
    next: { kind: "permanent" },
    message: "payload not understood: click, emailHash",
  });
  await expect(handle({ ...eventOf(sale), kind: "refund" })).rejects.toMatchObject({ next: { kind: "permanent" } });
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
