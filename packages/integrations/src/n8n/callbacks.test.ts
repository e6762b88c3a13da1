import { type AnswerFact, type ApiCall, type Handled, parseJsonBody, type ParsedEvent } from "@millrace/core";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fetchPorts, NOW } from "../../test/fetch-ports.ts";
import { fetchAndHandle, inboundEvent } from "../../test/handle-event.ts";
import { n8n } from "./index.ts";
import { formats } from "./test/formats.ts";

const TURN = "019ab000-0000-7000-8000-000000000001";
const CONVERSATION = "019ab000-0000-7000-8000-000000000002";
const environment = { N8N_WEBHOOK_SECRET: "secret" };

const call: ApiCall = {
  params: {},
  caller: "n8n",
  idempotencyKey: undefined,
  signed: undefined,
  newId: () => "id-1",
  now: NOW,
};
const routes = n8n.api?.(environment, formats) ?? [];
const [aiResponse, humanTakeover] = routes;

/** The events and the response body of a route for a request body. */
function accepted(route: (typeof routes)[number] | undefined, body: unknown, idempotencyKey?: string) {
  if (!route) throw new Error("no such route");
  return route.accept(route.body.parse(body), { ...call, idempotencyKey });
}

/** Handles an event. The files of an answer are added to `files`. */
async function handle(parsed: ParsedEvent | undefined, files?: Map<string, Uint8Array>): Promise<Handled> {
  if (!parsed) throw new Error("no event");
  return fetchAndHandle(n8n.handler(environment), inboundEvent("n8n", parsed), fetchPorts(files));
}

const answer = (messages: unknown[], more: Record<string, unknown> = {}) =>
  accepted(aiResponse, { turnId: TURN, messages, ...more }).events[0];

test("both routes have two paths, and n8n has no route when it is switched off", () => {
  expect(routes.map(({ paths }) => paths)).toEqual([
    ["/api/integrations/n8n/ai-response", "/api/webhooks/n8n/ai-response"],
    ["/api/integrations/n8n/human-takeover", "/api/webhooks/n8n/human-takeover"],
  ]);
  expect(n8n.api?.({ N8N_WEBHOOK_ENABLED: "false" }, formats)).toEqual([]);
  const off = { N8N_WEBHOOK_ENABLED: "false", N8N_DISPATCH_URL: "https://n8n.test" };
  expect(n8n.capabilities?.ai?.read(off)).toBeUndefined();
  expect(() => n8n.api?.({}, formats)).toThrow("N8N_WEBHOOK_SECRET");
});

test("each answer is its own event under its AI turn, and the status is 200", () => {
  const first = accepted(aiResponse, { turnId: TURN.toUpperCase(), messages: [{ type: "text", text: "Yes" }] });
  expect(first).toMatchObject({ body: { accepted: true, turnId: TURN } });
  expect(aiResponse?.status).toBe(200);
  expect(first.events).toMatchObject([{ id: `answer.${TURN}.id-1`, kind: "answer", payload: { turnId: TURN } }]);
  expect(aiResponse?.response.parse(first.body)).toEqual(first.body);
});

test("10: a signed answer is one event, however often and under whatever Idempotency-Key it arrives", () => {
  const body = { turnId: TURN, messages: [{ type: "text", text: "Yes" }] };
  const idOf = (signed: string | undefined, idempotencyKey: string) =>
    aiResponse?.accept(aiResponse.body.parse(body), { ...call, signed, idempotencyKey }).events[0]?.id;
  expect(idOf("hash", "key-1")).toBe(idOf("hash", "key-2"));
  expect(idOf("hash", "key-1")).not.toBe(idOf("other-hash", "key-1"));
  // A secret in a header authenticates the request, so an answer that is repeated by a later run counts.
  expect(idOf(undefined, "key-1")).toBe(`answer.${TURN}.id-1`);
});

test.each([
  ["an array", [{ turnId: TURN, messages: [{ type: "text", text: "Hi" }] }]],
  ["no messages", { turnId: TURN, messages: [] }],
  ["eleven messages", { turnId: TURN, messages: Array.from({ length: 11 }, () => ({ type: "text", text: "Hi" })) }],
  ["a turnId that is not a UUID", { turnId: "7", messages: [{ type: "text", text: "Hi" }] }],
  ["an unknown field", { turnId: TURN, epoch: 3, messages: [{ type: "text", text: "Hi" }] }],
  ["a message of an unknown type", { turnId: TURN, messages: [{ type: "hologram" }] }],
])("an answer with %s is rejected", (_, body) => {
  expect(aiResponse?.body.safeParse(body).success).toBe(false);
});

test("an answer keeps its messages and actions in order, for the format of the turn's channel", async () => {
  const messages = [
    { type: "typing" },
    { type: "text", text: "One" },
    { type: "text", text: "Two", parseMode: "HTML" },
  ];
  const event = answer(messages);
  expect(await handle(event)).toEqual({
    result: "written",
    facts: [{ fact: "answer", turnId: TURN, conversationId: undefined, messages, answerId: event?.id, at: NOW }],
  });
});

test("an answer keeps the conversation that it names, to be compared with the turn's", async () => {
  const { facts } = await handle(
    answer([{ type: "text", text: "Hi" }], { conversationId: CONVERSATION.toUpperCase() }),
  );
  expect(facts).toMatchObject([{ turnId: TURN, conversationId: CONVERSATION }]);
});

test("a file in an answer is stored before the write, under its own key", async () => {
  const picture = (data: string) => ({ type: "image", media: { data, mimeType: "image/png" } });
  const stored = async (...messages: unknown[]) => {
    const files = new Map<string, Uint8Array>();
    const { facts } = await handle(answer(messages), files);
    const [fact] = facts as readonly [AnswerFact];
    return { keys: [...files.keys()], fact };
  };
  const { keys, fact } = await stored(picture("AAAA"), picture("BBBB"));
  expect(new Set(keys).size).toBe(2);
  for (const key of keys) expect(key).toMatch(new RegExp(`^outgoing/${TURN}-[0-9a-f]{64}$`));
  expect(fact.messages).toMatchObject(keys.map((key) => ({ media: { stored: key } })));
  expect(JSON.stringify(fact)).not.toContain("AAAA");
  expect((await stored(picture("BBBB"), picture("AAAA"))).keys).toEqual(keys.toReversed());
  expect((await stored({ type: "text", text: "Hi" })).keys).toEqual([]);
});

test("a takeover keeps its actor and reason, and is one event under one Idempotency-Key", async () => {
  const body = { conversationId: CONVERSATION, mode: "human", actor: "Ada", reason: "asked for a person" };
  const first = accepted(humanTakeover, body, "key-1");
  expect(humanTakeover?.status).toBe(200);
  expect(first.body).toEqual({ accepted: true, eventId: first.events[0]?.id });
  expect(accepted(humanTakeover, body, "key-1").events).toEqual(first.events);
  for (const other of [
    accepted(humanTakeover, body, "key-2"),
    accepted(humanTakeover, { ...body, mode: "ai" }, "key-1"),
  ])
    expect(other.events[0]?.id).not.toBe(first.events[0]?.id);
  expect(accepted(humanTakeover, body).events[0]?.id).toBe("takeover.id-1");
  const change = { ...body, at: NOW };
  expect(await handle(first.events[0])).toEqual({ result: "written", facts: [{ fact: "mode", change }] });
});

test("a hand-back without an actor is n8n's", async () => {
  const [handBack] = accepted(humanTakeover, { conversationId: CONVERSATION, mode: "ai" }).events;
  const change = { conversationId: CONVERSATION, mode: "ai", actor: "n8n", reason: undefined, at: NOW };
  expect((await handle(handBack)).facts).toEqual([{ fact: "mode", change }]);
});

test("an event kind of a later version fails, so that this version can replay it", async () => {
  await expect(handle({ id: "e", kind: "hologram", payload: {} })).rejects.toMatchObject({
    next: { kind: "permanent" },
  });
});

test("a sample names the AI turn or the conversation of its fields", () => {
  const fields = { turnId: TURN, text: "Hello", conversationId: CONVERSATION, actor: "Ada", reason: "because" };
  const { takeover, "hand-back": handBack, answer: answered } = n8n.samples(environment, NOW, fields);
  const bodyOf = (sample: typeof takeover) => JSON.parse(sample?.body ?? "") as unknown;
  const change = { conversationId: CONVERSATION, actor: "Ada", reason: "because" };
  expect(bodyOf(takeover)).toEqual({ ...change, mode: "human" });
  expect(bodyOf(handBack)).toEqual({ ...change, mode: "ai" });
  expect(bodyOf(answered)).toEqual({ turnId: TURN, messages: [{ type: "text", text: "Hello" }] });
});

const folder = new URL("fixtures/", import.meta.url);

test.each(readdirSync(folder))(
  "the fixture %s is accepted by its route only, or by none if it is broken",
  async (name) => {
    const parsed = parseJsonBody(readFileSync(new URL(name, folder)));
    const body = parsed.ok ? parsed.value : undefined;
    const accepting = routes.filter((route) => route.body.safeParse(body).success);
    const expected = name.startsWith("answer-") ? aiResponse : humanTakeover;
    expect(accepting).toEqual(name.startsWith("broken-") ? [] : [expected]);
    for (const route of accepting) expect((await handle(accepted(route, body).events[0])).facts).toHaveLength(1);
  },
);
