import {
  type AdapterContext,
  type AnswerResult,
  type ApiCall,
  type Channel,
  type ConversationStore,
  EVENT_VERSION,
  type InboundEvent,
  type MediaStore,
  type OutboxStore,
  type OutgoingFormat,
  parseJsonBody,
  type ParsedEvent,
  type Stores,
  type AiTurnStore,
} from "@millrace/core";
import { recordingLogger } from "@millrace/testing";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { outgoingMedia } from "../shared/send/outgoing-media.ts";
import { n8n } from "./index.ts";

const NOW = new Date("2026-11-23T09:00:00.000Z");
const TURN = "019ab000-0000-7000-8000-000000000001";
const CONVERSATION = "019ab000-0000-7000-8000-000000000002";
const environment = { N8N_WEBHOOK_SECRET: "secret" };

/** A channel with texts in several parts, images and a typing action. `extra` are fields that only its texts have. */
function formatOf(channel: Channel, extra: Record<string, z.ZodType>): OutgoingFormat {
  const text = z.strictObject({ type: z.literal("text"), text: z.string(), ...extra });
  const image = z.strictObject({ type: z.literal("image"), media: outgoingMedia });
  const content = z.discriminatedUnion("type", [text, image, z.strictObject({ type: z.literal("typing") })]);
  return {
    channel,
    content,
    parts(input) {
      const message = content.parse(input);
      if (message.type === "typing") return { action: message };
      if (message.type === "image") return [{ type: "image", content: message }];
      const { type, text: whole } = text.parse(input);
      return whole.split("|").map((body) => ({ type, body, content: { type, body } }));
    },
  };
}
const formats = [
  formatOf("whatsapp", { preview: z.string().optional() }),
  formatOf("telegram", { parseMode: z.string().optional() }),
];

const conversation = {
  tenantId: "t",
  channel: "telegram",
  accountId: "default",
  threadId: "7",
  kind: "direct",
  mode: "ai",
  epoch: 1,
} as const;

const call: ApiCall = { params: {}, caller: "n8n", idempotencyKey: undefined, newId: () => "id-1", now: NOW };
const routes = n8n.api?.(environment, formats) ?? [];
const [aiResponse, humanTakeover] = routes;

/** The events and the response body of a route for a request body. */
function accepted(route: (typeof routes)[number] | undefined, body: unknown, idempotencyKey?: string) {
  if (!route) throw new Error("no such route");
  return route.accept(route.body.parse(body), { ...call, idempotencyKey });
}

/** Handles an event with fake stores. `result` is the AI turn's answer result, `mode` the mode of the conversation. */
async function handle(
  parsed: ParsedEvent | undefined,
  { result = "queued", mode = "ai" }: { result?: AnswerResult; mode?: string } = {},
) {
  if (!parsed) throw new Error("no event");
  const written: Record<string, unknown>[] = [];
  const files: string[] = [];
  const media: MediaStore = {
    read: () => Promise.reject(new Error("no read is expected")),
    write: (key) => {
      files.push(key);
      return Promise.resolve({ key, store: "folder", sha256: "", sizeBytes: 1, mimeType: undefined });
    },
  };
  const context: AdapterContext = {
    http: () => Promise.reject(new Error("no call is expected")),
    log: recordingLogger().log,
    now: () => NOW,
    newId: () => "id",
    accounts: { tenantOf: () => Promise.reject(new Error("no lookup is expected")) },
    media,
    formats,
    signal: new AbortController().signal,
  };
  const event: InboundEvent = {
    v: EVENT_VERSION,
    integration: "n8n",
    correlationId: "c",
    receivedAt: NOW.toISOString(),
    ...parsed,
  };
  const aiTurns: AiTurnStore = {
    find: (id) => Promise.resolve(id === TURN ? { conversationId: CONVERSATION, channel: "telegram" } : undefined),
    answer: (input) => {
      written.push(input);
      return Promise.resolve(result);
    },
  };
  const outbox = {
    act: (input) => {
      written.push(input);
      return Promise.resolve();
    },
  } satisfies Partial<OutboxStore> as OutboxStore;
  const conversations = {
    find: (id) => Promise.resolve(id === CONVERSATION ? conversation : undefined),
    changeMode: (input) => {
      written.push(input);
      return Promise.resolve(input.mode !== mode);
    },
  } satisfies Partial<ConversationStore> as ConversationStore;
  const write = await n8n.handler(environment).handle(event, context);
  return { outcome: await write({ aiTurns, conversations, outbox } as Stores), written, files };
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

test("the messages of an answer are queued in order and in parts, in the format of the turn's channel", async () => {
  const event = answer([
    { type: "text", text: "One|Two" },
    { type: "text", text: "Three", parseMode: "HTML" },
  ]);
  const { outcome, written } = await handle(event);
  expect(outcome).toEqual({ result: "written", detail: "queued" });
  const messages = ["One", "Two", "Three"].map((body) => ({ type: "text", body, content: { type: "text", body } }));
  expect(written).toEqual([{ turnId: TURN, messages, at: NOW }]);
});

test("an action in an answer is queued with its messages, and not when the answer is late", async () => {
  const event = answer([{ type: "typing" }, { type: "text", text: "Hi" }]);
  const { written } = await handle(event);
  expect(written).toMatchObject([
    { turnId: TURN, messages: [{ body: "Hi" }] },
    { id: `${event?.id}.0`, conversationId: CONVERSATION, action: { type: "typing" } },
  ]);
  expect((await handle(event, { result: "late" })).written).toHaveLength(1);
});

test.each([
  ["late", { result: "written", detail: "late" }],
  ["duplicate", { result: "ignored", detail: "duplicate" }],
] as const)("7: the outcome of a %s answer names it", async (result, outcome) => {
  expect((await handle(answer([{ type: "text", text: "Hi" }]), { result })).outcome).toEqual(outcome);
});

test("a file in an answer is stored before the write, under its own key", async () => {
  const picture = (data: string) => ({ type: "image", media: { data, mimeType: "image/png" } });
  const { files, written } = await handle(answer([picture("AAAA"), picture("BBBB")]));
  expect(new Set(files).size).toBe(2);
  for (const key of files) expect(key).toMatch(new RegExp(`^outgoing/${TURN}-[0-9a-f]{64}$`));
  expect(written).toMatchObject([{ messages: files.map((stored) => ({ content: { media: { stored } } })) }]);
  expect(JSON.stringify(written)).not.toContain("AAAA");
  expect((await handle(answer([picture("BBBB"), picture("AAAA")]))).files).toEqual(files.toReversed());
});

const failsWith = (code: string, message: string) => ({ code, message, next: { kind: "permanent" } });

test("an answer that cannot be sent fails with a reason that contains none of its text", async () => {
  const hi = { type: "text", text: "Hi" };
  const unknown = { ...answer([hi]), payload: { turnId: CONVERSATION, messages: [hi] } } as ParsedEvent;
  await expect(handle(unknown)).rejects.toMatchObject(failsWith("no_turn", `no AI turn ${CONVERSATION}`));
  await expect(handle(answer([hi], { conversationId: TURN }))).rejects.toMatchObject({ code: "other_conversation" });
  await expect(handle(answer([hi], { conversationId: CONVERSATION }))).resolves.toMatchObject({ files: [] });
  await expect(handle(answer([{ type: "typing" }]))).rejects.toMatchObject(
    failsWith("no_message", "the answer contains no message"),
  );
  const ofWhatsapp = answer([hi, { type: "text", text: "secret words", preview: "yes" }]);
  await expect(handle(ofWhatsapp)).rejects.toMatchObject(failsWith("payload", "payload not understood: messages.1"));
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
  const { outcome, written } = await handle(first.events[0]);
  expect(outcome).toEqual({ result: "written", detail: "human" });
  expect(written).toEqual([{ ...body, at: NOW }]);
});

test("a hand-back changes the mode, a mode that is already set stays, and an unknown conversation fails", async () => {
  const [handBack] = accepted(humanTakeover, { conversationId: CONVERSATION, mode: "ai" }).events;
  expect(await handle(handBack, { mode: "human" })).toMatchObject({
    outcome: { result: "written", detail: "ai" },
    written: [{ mode: "ai", actor: "n8n" }],
  });
  expect((await handle(handBack)).outcome).toEqual({ result: "ignored", detail: "already ai" });
  const [unknown] = accepted(humanTakeover, { conversationId: TURN, mode: "ai" }).events;
  await expect(handle(unknown)).rejects.toMatchObject(failsWith("no_conversation", `no conversation ${TURN}`));
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
    for (const route of accepting)
      expect((await handle(accepted(route, body).events[0], { mode: "none" })).outcome.result).toBe("written");
  },
);
