import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { google } from "./index.ts";

const { environment } = localEnvironment(google);
const ROW = "019ab000-0000-7000-8000-00000000000c";
const TENANT = "019ab000-0000-7000-8000-00000000000d";
const lead = google.samples(environment, NOW, { leadId: ROW })["won"];
const samples = { ...google.samples(environment, NOW), ...(lead ? { "won lead": lead } : {}) };

/** The transaction id that is derived from the content of the sample `conversion`. */
const TRANSACTION = "768f9dbf8f7d72d60f782ba98a6aef3c5b7750f1f3ae6a01bc464ac28c4698f6";

/** The facts of each sample. The fixtures are responses to uploads, which no handler reads. */
const SAMPLES: Record<string, readonly string[]> = {
  conversion: [`conversion ${TRANSACTION} click gclid:sample-click-1795420800000 49.90 EUR of the owner of 1234567890`],
  won: [`won conversation ${ROW} for 49.90 EUR`],
  "won lead": [`won lead ${ROW} for 49.90 EUR`],
};

test("every sample has a row in the table", () => {
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(samples))("the sample %s becomes its facts", (name, { path, body }) => {
  const routes = google.api?.(environment, []) ?? [];
  const route = routes.find(({ paths }) => paths.some((pattern) => pattern.replace(":id", ROW) === path));
  if (!route) throw new Error("no route has the sample's path");
  const call = {
    params: { id: ROW },
    caller: "c",
    idempotencyKey: undefined,
    signed: undefined,
    newId: () => "id",
    now: NOW,
  };
  const { events } = route.accept(route.body.parse(JSON.parse(body)), call);
  const facts = events.flatMap((event) => factLines(google.handler(environment), inboundEvent("google", event)));
  expect(facts).toEqual(SAMPLES[name]);
});

test("the sale of a won lead becomes its fact", () => {
  const sale = { transactionId: "A", wonAt: NOW.toISOString(), value: "20", currency: "EUR", consent: {} };
  const payload = { sale, consents: {}, reportedBy: undefined };
  const event = google.subscribes?.(environment)["lead.won"]?.({
    type: "lead.won",
    tenantId: TENANT,
    subjectId: ROW,
    payload,
  });
  if (!event) throw new Error("no event");
  expect(factLines(google.handler(environment), inboundEvent("google", event))).toEqual([
    `conversion A 20 EUR of {"id":"${TENANT}"}`,
  ]);
});
