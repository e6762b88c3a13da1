import type { DomainEvent, Handled } from "@millrace/core";
import { expect, test } from "vitest";
import { handlePurely, inboundEvent } from "../../../test/handle-event.ts";
import { readRouteConfig, type RouteConfig } from "../config.ts";
import { googleHandler } from "./handler.ts";
import { wonSubscriptions } from "./won-subscription.ts";

const ID = "019ab000-0000-7000-8000-00000000000c";
const TENANT = "019ab000-0000-7000-8000-00000000000d";
const config: RouteConfig = { ...readRouteConfig({}), enabled: true, accountId: "5550001111", actionId: "91" };

type Won = DomainEvent<"lead.won">;

/** A lead that was won for 149.90 EUR, with changes of its payload and its sale. */
function wonLead(changes: Partial<Won["payload"]> = {}, sale: Partial<Won["payload"]["sale"]> = {}): Won {
  const defaults = { transactionId: "A", wonAt: "2026-11-24T11:30:00Z", value: "149.90", currency: "EUR", consent: {} };
  const payload = { sale: { ...defaults, ...sale }, consents: {}, reportedBy: "won.91.abc", ...changes };
  return { type: "lead.won", tenantId: TENANT, subjectId: ID, payload };
}

/** The event that Google's adapter makes of a won lead. */
function saleEventOf(event: Won, changes: Partial<RouteConfig> = {}) {
  const sale = wonSubscriptions({ ...config, ...changes })["lead.won"]?.(event);
  if (!sale) throw new Error("no event");
  return sale;
}

function handle(event: Won, changes: Partial<RouteConfig> = {}): Handled {
  return handlePurely(googleHandler, inboundEvent("google", saleEventOf(event, changes)));
}

test("a won lead becomes a conversion of its tenant with the consent of its form", () => {
  const consents = { privacy: true, ad_user_data: true, ad_personalization: false };
  expect(handle(wonLead({ consents }))).toEqual({
    result: "written",
    facts: [
      {
        fact: "conversion",
        integration: "google",
        tenant: { id: TENANT },
        won: { subject: "lead", subjectId: ID },
        reportedBy: "won.91.abc",
        held: undefined,
        conversion: {
          transactionId: "A",
          accountId: "5550001111",
          actionId: "91",
          eventSource: "WEB",
          convertedAt: "2026-11-24T11:30:00Z",
          value: "149.90",
          currency: "EUR",
          consent: { adUserData: "granted", adPersonalization: "denied" },
        },
      },
    ],
  });
});

test("a won conversation becomes a conversion of its tenant without consent", () => {
  const sale = wonSubscriptions(config)["conversation.won"]?.({ ...wonLead(), type: "conversation.won" });
  if (!sale) throw new Error("no event");
  expect(handlePurely(googleHandler, inboundEvent("google", sale)).facts).toMatchObject([
    { tenant: { id: TENANT }, won: { subject: "conversation", subjectId: ID }, conversion: { consent: {} } },
  ]);
});

test("the caller's consent takes precedence over the form's, field by field", () => {
  const consents = { ad_user_data: true, ad_personalization: true };
  const { facts } = handle(wonLead({ consents }, { consent: { adUserData: "denied" } }));
  expect(facts).toMatchObject([{ conversion: { consent: { adUserData: "denied", adPersonalization: "granted" } } }]);
});

test("what the route accepted with the sale takes precedence over the configuration", () => {
  const accepted = { actionId: "92", eventSource: "PHONE", enabled: false };
  const { facts } = handle(wonLead({}, { details: { google: accepted } }));
  const conversion = { accountId: "5550001111", actionId: "92", eventSource: "PHONE" };
  expect(facts).toMatchObject([{ held: "switched_off", conversion }]);
});

test.each<[string | undefined, Partial<RouteConfig>, Record<string, boolean>]>([
  [undefined, {}, {}],
  ["switched_off", { enabled: false }, {}],
  ["no_consent", { holdsWithoutConsent: true }, {}],
  ["no_consent", { holdsWithoutConsent: true, enabled: false }, { ad_personalization: true }],
  [undefined, { holdsWithoutConsent: true }, { ad_user_data: true }],
  [undefined, { holdsWithoutConsent: true }, { ad_user_data: false }],
])("a sale is held for %s with the configuration %j and the consent boxes %j", (held, changes, consents) => {
  expect(handle(wonLead({ consents }), changes).facts).toMatchObject([{ held }]);
});

test("a sale becomes a conversion without a click id, which packages/db reads from the won row", () => {
  const [conversion] = handle(wonLead()).facts;
  expect(conversion).toMatchObject({ fact: "conversion", won: { subject: "lead", subjectId: ID } });
  expect(conversion).not.toHaveProperty("conversion.click");
});

test("3: the same domain event becomes the same event, and another sale or consent another one", () => {
  const { id } = saleEventOf(wonLead());
  expect(id).toMatch(/^sale\.91\.[0-9a-f]{64}$/);
  expect(saleEventOf(wonLead()).id).toBe(id);
  expect(saleEventOf(wonLead({ reportedBy: undefined }, { value: "20" }), { enabled: false }).id).toBe(id);
  const others = [
    wonLead({}, { transactionId: "B" }),
    wonLead({}, { consent: { adUserData: "granted" } }),
    wonLead({ consents: { ad_user_data: true, ad_personalization: true } }),
    { ...wonLead(), subjectId: TENANT },
  ].map((event) => saleEventOf(event).id);
  expect(new Set([id, ...others]).size).toBe(5);
});
