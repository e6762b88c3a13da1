import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { localEnvironment } from "../../test/local-environment.ts";
import { isAuthentic, requestOf } from "../../test/webhook-request.ts";
import { bland } from "./index.ts";
import { BLAND_PATHS, blandWebhook } from "./webhook.ts";

const { environment } = localEnvironment(bland);
const samples = bland.samples(environment, NOW);
const webhook = blandWebhook({ secrets: ["another", environment["BLAND_WEBHOOK_SECRET"] ?? ""] });

function requestFor(name: string) {
  const sample = samples[name];
  if (!sample) throw new Error("no sample");
  return requestOf(BLAND_PATHS, sample, environment);
}

function parse(payload: unknown) {
  const [parsed] = webhook.parse({ ...requestFor("event"), body: Buffer.from(JSON.stringify(payload)) });
  if (!parsed) throw new Error("no event");
  return parsed;
}

test("10: the signature covers the raw bytes, not the parsed JSON", async () => {
  const request = requestFor("call-completed");
  expect(await isAuthentic(webhook, request)).toBe(true);
  const spaced = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(request.body).toString()), null, 2));
  expect(await isAuthentic(webhook, { ...request, body: spaced })).toBe(false);
});

test("10: an unsigned request is refused", async () => {
  expect(await isAuthentic(webhook, { ...requestFor("call-completed"), headers: {} })).toBe(false);
});

test("3: a call has the same id each time it is posted", () => {
  const of = (summary: string) => parse({ call_id: "c-1", completed: true, summary }).id;
  expect([of("one"), of("two")]).toEqual(["call.c-1", "call.c-1"]);
});

test("the events during a call are kept apart from the call and from each other", () => {
  const of = (message: string) => parse({ call_id: "c-1", category: "call", message });
  expect(of("Agent speech: Hello").kind).toBe("event");
  expect(of("Agent speech: Hello").id).not.toBe(of("Agent speech: Goodbye").id);
});

test("a call belongs to our number, which its direction decides", () => {
  const { payload: inbound } = parse({ call_id: "c-1", completed: true, inbound: true, to: "+1202", from: "+1303" });
  const { payload: outbound } = parse({ call_id: "c-2", completed: true, inbound: false, to: "+1303", from: "+1202" });
  for (const payload of [inbound, outbound]) expect(bland.accountOf({ kind: "call", payload })).toBe("+1202");
});
