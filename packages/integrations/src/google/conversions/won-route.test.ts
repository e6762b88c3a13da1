import { InvalidFieldError } from "@millrace/core";
import { expect, test } from "vitest";
import { readRouteConfig, type RouteConfig } from "../config.ts";
import { NOW } from "../upload/test/fake-google.ts";
import { wonRoute, type WonSubject } from "./won-route.ts";

const ID = "019ab000-0000-7000-8000-00000000000c";
const OTHER = "019ab000-0000-7000-8000-00000000000d";
const config: RouteConfig = { ...readRouteConfig({}), enabled: true, accountId: "5550001111", actionId: "91" };
const sale = { value: "149.90", currency: "EUR" };

type PostOptions = { subject?: WonSubject; id?: string; now?: Date; changes?: Partial<RouteConfig> };

function post(body: object, { subject = "lead", id = ID, now = NOW, changes = {} }: PostOptions = {}) {
  const route = wonRoute(subject, { ...config, ...changes });
  const params = route.params?.parse({ id });
  const call = { params, caller: "c", idempotencyKey: undefined, signed: undefined, newId: () => "id", now };
  const { events, body: answer } = route.accept(route.body.parse(body), call);
  const [event] = events;
  if (!event) throw new Error("no event");
  return { status: route.status, answer: route.response.parse(answer), event };
}

test("a won lead becomes one event with the lead's id and all fields of the sale except the click id", () => {
  const { status, answer, event } = post(sale);
  expect(status).toBe(202);
  expect(answer).toEqual({ accepted: true, id: event.id, transactionId: `lead-${ID}` });
  expect(event).toEqual({
    id: expect.stringMatching(/^won\.91\.[0-9a-f]{64}$/) as string,
    kind: "won",
    payload: {
      subject: "lead",
      subjectId: ID,
      transactionId: `lead-${ID}`,
      accountId: "5550001111",
      actionId: "91",
      convertedAt: NOW.toISOString(),
      value: "149.90",
      currency: "EUR",
      consent: {},
      eventSource: "WEB",
      enabled: true,
      holdsWithoutConsent: false,
    },
  });
});

test("3: a lead is won once, or once for each transaction id", () => {
  const first = post(sale).event.id;
  const later = new Date(NOW.getTime() + 60_000);
  expect(post({ value: 20, currency: "USD" }, { now: later }).event.id).toBe(first);
  expect(post(sale, { id: ID.toUpperCase() }).event.id).toBe(first);
  const others = [
    post(sale, { id: OTHER }),
    post(sale, { subject: "conversation" }),
    post({ ...sale, transactionId: "ORDER-1" }),
    post({ ...sale, transactionId: "ORDER-2" }),
    post({ ...sale, conversionAction: "92" }),
    post({ ...sale, consent: { adUserData: "granted" } }),
  ].map(({ event }) => event.id);
  expect(new Set([first, ...others]).size).toBe(7);
});

test("the time of the sale is optional and not in the future", () => {
  const at = (ms: number) => post({ ...sale, timestamp: new Date(NOW.getTime() + ms).toISOString() });
  const earlier = new Date(NOW.getTime() - 3_600_000).toISOString();
  expect(at(-3_600_000).event.payload).toMatchObject({ convertedAt: earlier });
  expect(() => at(3_600_000)).toThrow(InvalidFieldError);
});

test("while uploads are switched off, the sale is accepted with 200 and held", () => {
  const { status, answer, event } = post(sale, { changes: { enabled: false } });
  expect([status, answer]).toMatchObject([200, { accepted: true, held: true }]);
  expect(event.payload).toMatchObject({ enabled: false });
});

test.each([
  ["value", { currency: "EUR" }],
  ["value", { ...sale, value: "1,50" }],
  ["currency", { value: "1" }],
  ["currency", { ...sale, currency: "ZZZ" }],
  ["transactionId", { ...sale, transactionId: "ada@example.com" }],
  ["timestamp", { ...sale, timestamp: "2026-11-24" }],
  ["", { ...sale, gclid: "a-click-is-known-already" }],
])("a wrong %s is rejected with the name of the field: %j", (field, body) => {
  const problems = wonRoute("lead", config)
    .body.safeParse(body)
    .error?.issues.map(({ path }) => path.join("."));
  expect(problems).toEqual([field]);
});

test.each(["7", "", "019ab000", "../../livez"])("an invalid row id is rejected: %j", (id) => {
  expect(wonRoute("conversation", config).params?.safeParse({ id }).success).toBe(false);
});
