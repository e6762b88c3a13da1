import fc from "fast-check";
import { InvalidFieldError } from "@millrace/core";
import { expect, test } from "vitest";
import { readRouteConfig, type RouteConfig } from "../config.ts";
import { conversionRoute } from "./conversion-route.ts";
import { NOW } from "../upload/test/fake-google.ts";

const config: RouteConfig = {
  ...readRouteConfig({}),
  enabled: true,
  accountId: "5550001111",
  actionId: "91",
};
const sale = { gclid: "Cj0K_x-1", timestamp: "2026-11-24T14:30:00+03:00", value: "12.50", currency: "EUR" };
const call = { params: {}, caller: "c", idempotencyKey: undefined, signed: undefined, newId: () => "id", now: NOW };

function post(body: Record<string, unknown>, changes: Partial<RouteConfig> = {}) {
  const route = conversionRoute({ ...config, ...changes });
  const accepted = route.accept(route.body.parse(body), call);
  const [event] = accepted.events;
  if (!event) throw new Error("no event");
  return { status: route.status, answer: route.response.parse(accepted.body), event, payload: event.payload };
}

const problemsOf = (body: Record<string, unknown>) =>
  conversionRoute(config)
    .body.safeParse(body)
    .error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`);

test("a sale becomes one event under its conversion action and transaction id, and the response has both ids", () => {
  const { status, answer, event, payload } = post({ ...sale, transactionId: "ORDER-1" });
  expect(status).toBe(202);
  expect(answer).toEqual({ accepted: true, id: event.id, transactionId: "ORDER-1" });
  expect(event).toMatchObject({ id: expect.stringMatching(/^conversion\.91\.[0-9a-f]{64}$/), kind: "conversion" });
  expect(payload).toEqual({
    transactionId: "ORDER-1",
    accountId: "5550001111",
    actionId: "91",
    click: { kind: "gclid", id: "Cj0K_x-1" },
    convertedAt: sale.timestamp,
    value: "12.50",
    currency: "EUR",
    consent: {},
    eventSource: "WEB",
  });
});

test("values of the body take precedence over the configuration", () => {
  const values = { eventSource: "PHONE", conversionAction: "92", tenant: "Acme", consent: { adUserData: "denied" } };
  const { event, payload } = post({ ...sale, ...values });
  expect(payload).toMatchObject({ eventSource: "PHONE", actionId: "92", tenant: "Acme", consent: values.consent });
  expect(event.id).toMatch(/^conversion\.92\./);
});

test("10: the event and the response contain only hashes of the e-mail address and phone number", () => {
  const { event, answer, payload } = post({ ...sale, email: " Ada.Sample@Example.com", phone: "+1 (800) 555-0100" });
  expect(payload).toMatchObject({
    emailHash: "bfce2dbd91d8c84d317f17b51f6c0d5dbe8122c9b3a06b7d2b8c2079a36f6a65",
    phoneHash: "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30",
  });
  expect(JSON.stringify([event, answer])).not.toMatch(/ada|sample|example|555-?0100/i);
});

test("3: a repeated sale is one event in any notation, and another sale is another event", () => {
  const first = post(sale);
  const again = { ...sale, value: 12.5, timestamp: "2026-11-24T11:30:00Z", currency: "eur", email: "ada@example.com" };
  expect(post(again).event.id).toBe(first.event.id);
  const { gclid, ...rest } = sale;
  for (const other of [
    { ...sale, gclid: "other" },
    { ...rest, wbraid: gclid },
    { ...sale, value: "12.51" },
    { ...sale, currency: "USD" },
    { ...sale, timestamp: "2026-11-24T14:30:01+03:00" },
    { ...sale, conversionAction: "92" },
  ])
    expect(post(other).event.id).not.toBe(first.event.id);
  expect(post({ ...sale, transactionId: "A" }).event.id).toBe(
    post({ ...sale, transactionId: " A ", value: 1 }).event.id,
  );
});

test("a sale with another tenant or with new consent is another event", () => {
  const granted = { consent: { adUserData: "granted" } };
  const ids = [{}, { tenant: "Acne" }, granted].map((changes) => post({ ...sale, ...changes }).event.id);
  expect(new Set(ids).size).toBe(3);
});

test("while uploads are switched off, a sale is accepted with 200 and held", () => {
  const { status, answer, payload } = post(sale, { enabled: false });
  expect([status, answer]).toMatchObject([200, { accepted: true, held: true }]);
  expect(payload).toMatchObject({ held: "switched_off" });
});

test("a sale without consent is held if consent is required, and consent is never assumed", () => {
  const held = (consent?: object, enabled = true) =>
    (post({ ...sale, consent }, { holdsWithoutConsent: true, enabled }).payload as { held?: string }).held;
  expect([held(), held({ adPersonalization: "granted" })]).toEqual(["no_consent", "no_consent"]);
  expect([held({ adUserData: "granted" }), held({ adUserData: "denied" })]).toEqual([undefined, undefined]);
  expect([held(undefined, false), held({ adUserData: "granted" }, false)]).toEqual(["no_consent", "switched_off"]);
  expect(post(sale).payload).toMatchObject({ held: undefined, consent: {} });
});

test("a sale may be at most five minutes in the future", () => {
  const at = (ms: number) => post({ ...sale, timestamp: new Date(NOW.getTime() + ms).toISOString() });
  expect(() => at(5 * 60_000)).not.toThrow();
  const late = () => at(5 * 60_000 + 1);
  expect(late).toThrow(InvalidFieldError);
  expect(late).toThrow(expect.objectContaining({ field: "timestamp", message: "must not be in the future" }));
});

const { gclid: _, ...noClick } = sale;
const { timestamp: __, ...noTime } = sale;
const { value: ___, ...noValue } = sale;
const { currency: ____, ...noCurrency } = sale;

test.each<[string, Record<string, unknown>]>([
  ["gclid", noClick],
  ["gclid", { ...sale, gclid: "two words" }],
  ["gbraid", { ...sale, gbraid: "g" }],
  ["wbraid", { ...noClick, gbraid: "g", wbraid: "w" }],
  ["timestamp", noTime],
  ["timestamp", { ...sale, timestamp: "2026-11-24T14:30:00" }],
  ["timestamp", { ...sale, timestamp: "2026-11-24 14:30:00+03:00" }],
  ["timestamp", { ...sale, timestamp: "2026-11-24T14:30Z" }],
  ["timestamp", { ...sale, timestamp: "2026-02-30T14:30:00Z" }],
  ["timestamp", { ...sale, timestamp: "2026-11-24T14:30:00.1234567890Z" }],
  ["timestamp", { ...sale, timestamp: "1970-01-01T00:00:00Z" }],
  ["timestamp", { ...sale, timestamp: "0000-01-01T00:00:00Z" }],
  ["timestamp", { ...sale, timestamp: 1_795_000_000 }],
  ["value", noValue],
  ["value", { ...sale, value: "" }],
  ["value", { ...sale, value: "-1" }],
  ["value", { ...sale, value: -1 }],
  ["value", { ...sale, value: "1,50" }],
  ["value", { ...sale, value: "0.0000001" }],
  ["value", { ...sale, value: 1e-7 }],
  ["value", { ...sale, value: 0.1 + 0.2 }],
  ["value", { ...sale, value: "1234567890123" }],
  ["value", { ...sale, value: 1e21 }],
  ["value", { ...sale, value: Number("123456789012.12345") }],
  ["value", { ...sale, value: null }],
  ["currency", noCurrency],
  ["currency", { ...sale, currency: "EURO" }],
  ["currency", { ...sale, currency: "ZZZ" }],
  ["transactionId", { ...sale, transactionId: "" }],
  ["transactionId", { ...sale, transactionId: "ada@example.com" }],
  ["transactionId", { ...sale, transactionId: "+1 555 123 0001" }],
  ["transactionId", { ...sale, transactionId: "15551230001", phone: "+15551230001" }],
  ["email", { ...sale, email: "ada at example.com" }],
  ["phone", { ...sale, phone: "0151 2345678" }],
  ["consent.adUserData", { ...sale, consent: { adUserData: "yes" } }],
  ["eventSource", { ...sale, eventSource: "TELEGRAM" }],
  ["conversionAction", { ...sale, conversionAction: "customers/1/conversionActions/2" }],
  ["tenant", { ...sale, tenant: "" }],
])("a wrong %s is rejected with the name of the field: %j", (field, body) => {
  const problems = problemsOf(body);
  expect(problems?.map((problem) => problem.split(" ")[0])).toEqual([field]);
  expect(problems?.join()).not.toMatch(/ada@|123 0001|0151/);
});

test("an unknown field is rejected", () => {
  expect(conversionRoute(config).body.safeParse({ ...sale, gclidd: "x" }).success).toBe(false);
});

test("an amount is kept without loss", () => {
  const decimal = fc
    .tuple(fc.nat({ max: 999_999_999_999 }), fc.stringMatching(/^\d{0,6}$/))
    .map(([whole, rest]) => (rest === "" ? String(whole) : `${whole}.${rest}`));
  fc.assert(
    fc.property(decimal, (value) => {
      expect(post({ ...sale, value }).payload).toMatchObject({ value });
    }),
  );
  fc.assert(
    fc.property(fc.nat({ max: 999_999_999 }), fc.nat({ max: 6 }), (units, places) => {
      const text = (units / 10 ** places).toFixed(places);
      // The number that JSON.parse returns for the text.
      const { payload } = post({ ...sale, value: Number(text) });
      expect(Number((payload as { value: string }).value)).toBe(Number(text));
      expect((payload as { value: string }).value).toBe(text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    }),
  );
});
