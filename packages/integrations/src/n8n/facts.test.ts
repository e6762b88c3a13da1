import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { factLines } from "../../test/describe-facts.ts";
import { NOW } from "../../test/fetch-ports.ts";
import { inboundEvent } from "../../test/handle-event.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { n8nHandler } from "./handler.ts";
import { n8n } from "./index.ts";
import { formats } from "./test/formats.ts";

const folder = new URL("fixtures/", import.meta.url);
const { environment } = localEnvironment(n8n);
const samples = n8n.samples(environment, NOW);
const routes = n8n.api?.(environment, formats) ?? [];

/** The facts of a body, from each route that accepts it. */
function factsOf(body: string): string[] {
  const parsed: unknown = JSON.parse(body);
  const call = { params: {}, caller: "n8n", idempotencyKey: undefined, signed: undefined, newId: () => "id", now: NOW };
  return routes
    .filter((route) => route.body.safeParse(parsed).success)
    .flatMap((route) => route.accept(route.body.parse(parsed), call).events)
    .flatMap((event) => factLines(n8nHandler, inboundEvent("n8n", event)));
}

const TURN = "019ab000-0000-7000-8000-000000000001";
const CONVERSATION = "019ab000-0000-7000-8000-000000000002";
const SAMPLE_CONVERSATION = "019ab000-0000-7000-8000-00000000000c";
const AT = "at 2026-11-23T08:00:00Z";

/** The facts of each fixture. No route accepts a broken one. */
const FIXTURES: Record<string, readonly string[]> = {
  "answer-several": [
    `answer ${TURN} in ${CONVERSATION} [{"type":"text","text":"Here it is:"},{"type":"image","media":{"link":"https://files.example.com/blue-one.jpg"}}] ${AT}`,
  ],
  "answer-text": [
    `answer ${TURN} [{"type":"text","text":"Ja, das blaue ist noch da 🙂 Soll ich es Ihnen zurücklegen?"}] ${AT}`,
  ],
  "broken-answer-of-items": [],
  "broken-answer-text-alone": [],
  "broken-takeover-mode": [],
  "takeover-hand-back": [`mode ai of ${CONVERSATION} by n8n ${AT}`],
  "takeover-human": [`mode human of ${CONVERSATION} by Ada Sample "The customer asked for a person" ${AT}`],
};

/** The facts of each sample. */
const SAMPLES: Record<string, readonly string[]> = {
  takeover: [`mode human of ${SAMPLE_CONVERSATION} by Ada Sample "The customer asked for a person" ${AT}`],
  "hand-back": [`mode ai of ${SAMPLE_CONVERSATION} by Ada Sample "The question is answered" ${AT}`],
  answer: [
    `answer 019ab000-0000-7000-8000-00000000000a [{"type":"text","text":"Yes, the blue one is still there."}] ${AT}`,
  ],
};

test("every fixture and every sample has a row in the table", () => {
  const fixtures = readdirSync(folder).map((file) => file.replace(".json", ""));
  expect(Object.keys(FIXTURES).toSorted()).toEqual(fixtures.toSorted());
  expect(Object.keys(SAMPLES).toSorted()).toEqual(Object.keys(samples).toSorted());
});

test.each(Object.entries(FIXTURES))("the fixture %s becomes its facts", (name, facts) => {
  expect(factsOf(readFileSync(new URL(`${name}.json`, folder), "utf8"))).toEqual(facts);
});

test.each(Object.entries(SAMPLES))("the sample %s becomes its facts", (name, facts) => {
  expect(factsOf(samples[name]?.body ?? "")).toEqual(facts);
});
