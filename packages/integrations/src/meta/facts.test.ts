import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { FetchPorts } from "@millrace/core";
import { factLines } from "../../test/describe-facts.ts";
import { fetchPorts, NOW } from "../../test/fetch-ports.ts";
import { inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { meta } from "./index.ts";
import { metaHandler } from "./leads/handler.ts";
import { parseMetaWebhook } from "./webhook.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(meta);
const samples = meta.samples(environment, NOW);
const handler = metaHandler({ graphBaseUrl: "https://graph.test", pageTokens: new Map([["*", "token"]]) });

/** The lead that Graph returns for every id. */
const LEAD = {
  created_time: "2026-11-01T09:30:00+0000",
  field_data: [
    { name: "full_name", values: ["Ines Okafor"] },
    { name: "email", values: ["Ines@Example.com"] },
    { name: "phone_number", values: ["+49 151 0000777"] },
    { name: "gclid", values: ["Cj0KCQjw"] },
  ],
};

const ports: FetchPorts = { ...fetchPorts(), http: () => Promise.resolve({ status: 200, headers: {}, json: LEAD }) };

/** The facts of the events of a webhook's body. */
async function factsOf(body: Uint8Array): Promise<string[]> {
  const lines: string[] = [];
  for (const parsed of parseMetaWebhook({ body })) {
    const event = inboundEvent("meta", parsed);
    lines.push(...factLines(handler, event, await handler.fetch?.(event)?.(ports)));
  }
  return lines;
}

const INES = "of ines@example.com+491510000777? (Ines Okafor) click gclid:Cj0KCQjw";
const PAGE = "page 618803311470021";
const AT = "at 2026-11-01T09:30:00Z";

/** The facts of each fixture. */
const FIXTURES: Record<string, readonly string[]> = {
  "bare-lead": [`lead 731905562218010 ${INES} at ${PAGE} ${AT}`],
  "batch-of-two-pages": [
    `lead 731905562218007 ${INES} at ${PAGE} ${AT}`,
    `lead 731905562218008 ${INES} at ${PAGE} ${AT}`,
    `lead 731905562218009 ${INES} at page 618803311470088 ${AT}`,
    `lead 731905562218009 ${INES} at page 618803311470088 ${AT}`,
  ],
  "dashboard-preview": ["ignored: ignored_test"],
  "dashboard-test-without-page": ["ignored: ignored_test"],
  "dashboard-test": ["ignored: ignored_test"],
  "entry-without-changes": ["fails: an entry without changes"],
  "include-values-off": [`fails: the webhook subscription sends no values: switch on its "Include Values" at Meta`],
  "lead-numeric-ids": [`lead 9007199254740993777 ${INES} at ${PAGE} ${AT}`],
  "lead-organic": [`lead 731905562218002 ${INES} at ${PAGE} ${AT}`],
  "lead-page-in-entry-alone": [`lead 731905562218005 ${INES} at ${PAGE} ${AT}`],
  "lead-relayed-with-answers": [`lead 731905562218004 ${INES} at ${PAGE} ${AT}`],
  "lead-with-hostile-id": ["fails: a lead without a leadgen_id and a page_id"],
  "lead-without-id": ["fails: a lead without a leadgen_id and a page_id"],
  "lead-without-object-and-field": [`lead 731905562218006 ${INES} at ${PAGE} ${AT}`],
  "lead-without-value": ["fails: a lead without a leadgen_id and a page_id"],
  lead: [`lead 731905562218001 ${INES} at ${PAGE} ${AT}`],
  "leadgen-of-another-object": ["unhandled"],
  "messenger-chat": ["unhandled"],
  "no-entries": ["fails: no entries"],
  "no-object": ["fails: the body is not a JSON object"],
  "other-field-with-plain-value": ["unhandled"],
  "other-field": ["unhandled"],
  "other-object": ["unhandled"],
};

/** The facts of each sample. */
const SAMPLES: Record<string, readonly string[]> = {
  lead: [`lead 179542080000001 ${INES} at page 300000000000001 ${AT}`],
  "broken-page": [`lead 179542080000002 ${INES} at page 300000000000009 ${AT}`],
  "dashboard-test": ["ignored: ignored_test"],
  batch: [
    `lead 179542080000003 ${INES} at page 300000000000001 ${AT}`,
    `lead 179542080000004 ${INES} at page 300000000000001 ${AT}`,
    `lead 179542080000005 ${INES} at page 300000000000001 ${AT}`,
  ],
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", async (name, facts) => {
  expect(await factsOf(readFileSync(new URL(`${name}.json`, folder)))).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", async (name, facts) => {
  expect(await factsOf(Buffer.from(samples[name]?.body ?? ""))).toEqual(facts);
});
