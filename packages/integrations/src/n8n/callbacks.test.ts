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

/** A channel that knows texts in several parts, pictures, and typing; `extra` is what its texts alone may have. */
function formatOf(channel: Channel, extra: Record<string, z.ZodType>): OutgoingFormat {
  const text = z.strictObject({ type: z.literal("text"), text: z.string(), ...extra });
  const image = z.strictObject({ type: z.literal("image"), media: outgoingMedia });
  const content = z.discriminatedUnion("type", [text, image, z.strictObject({ type: z.literal("typing") })]);
  return {
    channel,
    content,
    parts(given) {
      const message = content.parse(given);
      if (message.type === "typing") return { action: message };
      if (message.type === "image") return [{ type: "image", content: message }];
      const { type, text: whole } = text.parse(given);
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

/** What a route makes of a body. */
function accepted(route: (typeof routes)[number] | undefined, body: unknown, idempotencyKey?: string) {
  if (!route) throw new Error("no such route");
  return route.accept(route.body.parse(body), { ...call, idempotencyKey });
}

/** Works an event off; `fate` is what the turn says, `mode` what the conversation is in. */
async function work(
  split: ParsedEvent | undefined,
  { fate = "queued", mode = "ai" }: { fate?: AnswerResult; mode?: string } = {},
) {
  if (!split) throw new Error("no event");
  const written: Record<string, unknown>[] = [];
  const files: string[] = [];
  const media: MediaStore = {
    read: () => Promise.reject(new Error("nothing is read")),
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
    accounts: { tenantOf: () => Promise.reject(new Error("no question is expected")) },
    media,
    formats,
    signal: new AbortController().signal,
  };
  const event: InboundEvent = {
    v: EVENT_VERSION,
    integration: "n8n",
    correlationId: "c",
    receivedAt: NOW.toISOString(),
    ...split,
  };
  const turns: AiTurnStore = {
    find: (id) => Promise.resolve(id === TURN ? { conversationId: CONVERSATION, channel: "telegram" } : undefined),
    answer: (given) => {
      written.push(given);
      return Promise.resolve(fate);
    },
  };
  const outbox = {
    act: (given) => {
      written.push(given);
      return Promise.resolve();
    },
  } satisfies Partial<OutboxStore> as OutboxStore;
  const conversations = {
    find: (id) => Promise.resolve(id === CONVERSATION ? conversation : undefined),
    changeMode: (given) => {
      written.push(given);
      return Promise.resolve(given.mode !== mode);
    },
  } satisfies Partial<ConversationStore> as ConversationStore;
  const write = await n8n.handler(environment).handle(event, context);
  return { outcome: await write({ aiTurns: turns, conversations, outbox } as Stores), written, files };
}

const answer = (messages: unknown[], more: Record<string, unknown> = {}) =>
  accepted(aiResponse, { turnId: TURN, messages, ...more }).events[0];

test("both routes answer at their two paths, and not at all when switched off", () => {
  expect(routes.map(({ paths }) => paths)).toEqual([
    ["/api/integrations/n8n/ai-response", "/api/webhooks/n8n/ai-response"],
    ["/api/integrations/n8n/human-takeover", "/api/webhooks/n8n/human-takeover"],
  ]);
  expect(n8n.api?.({ N8N_WEBHOOK_ENABLED: "false" }, formats)).toEqual([]);
  expect(n8n.assistant?.({ N8N_WEBHOOK_ENABLED: "false", N8N_DISPATCH_URL: "https://n8n.test" })).toBeUndefined();
  expect(() => n8n.api?.({}, formats)).toThrow("N8N_WEBHOOK_SECRET");
});

test("an answer is an event of its own each time it comes, of its turn in whatever spelling, and n8n is told 200", () => {
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
  ["a turn that is no UUID", { turnId: "7", messages: [{ type: "text", text: "Hi" }] }],
  ["a field that is not known", { turnId: TURN, epoch: 3, messages: [{ type: "text", text: "Hi" }] }],
  ["a message that no channel knows", { turnId: TURN, messages: [{ type: "hologram" }] }],
])("%s is no answer", (_, body) => {
  expect(aiResponse?.body.safeParse(body).success).toBe(false);
});

test("an answer's messages go to its turn in the form of its channel, in their order and parts", async () => {
  const event = answer([
    { type: "text", text: "One|Two" },
    { type: "text", text: "Three", parseMode: "HTML" },
  ]);
  const { outcome, written } = await work(event);
  expect(outcome).toEqual({ result: "written", detail: "queued" });
  const messages = ["One", "Two", "Three"].map((body) => ({ type: "text", body, content: { type: "text", body } }));
  expect(written).toEqual([{ turnId: TURN, messages, at: NOW }]);
});

test("an action in an answer is done beside its messages, and not when the answer comes too late", async () => {
  const event = answer([{ type: "typing" }, { type: "text", text: "Hi" }]);
  const { written } = await work(event);
  expect(written).toMatchObject([
    { turnId: TURN, messages: [{ body: "Hi" }] },
    { id: `${event?.id}.0`, conversationId: CONVERSATION, action: { type: "typing" } },
  ]);
  expect((await work(event, { fate: "late" })).written).toHaveLength(1);
});

test.each([
  ["late", { result: "written", detail: "late" }],
  ["duplicate", { result: "ignored", detail: "duplicate" }],
] as const)("7: an answer that is %s says so", async (fate, outcome) => {
  expect((await work(answer([{ type: "text", text: "Hi" }]), { fate })).outcome).toEqual(outcome);
});

test("a file in an answer goes to the media store before the write, under a key that no other file has", async () => {
  const picture = (data: string) => ({ type: "image", media: { data, mimeType: "image/png" } });
  const { files, written } = await work(answer([picture("AAAA"), picture("BBBB")]));
  expect(new Set(files).size).toBe(2);
  for (const key of files) expect(key).toMatch(new RegExp(`^outgoing/${TURN}-[0-9a-f]{64}$`));
  expect(written).toMatchObject([{ messages: files.map((stored) => ({ content: { media: { stored } } })) }]);
  expect(JSON.stringify(written)).not.toContain("AAAA");
  expect((await work(answer([picture("BBBB"), picture("AAAA")]))).files).toEqual(files.toReversed());
});

const dies = (code: string, message: string) => ({ code, message, next: { kind: "permanent" } });

test("an answer that cannot be sent dies with the reason and nothing of its words", async () => {
  const hi = { type: "text", text: "Hi" };
  const unknown = { ...answer([hi]), payload: { turnId: CONVERSATION, messages: [hi] } } as ParsedEvent;
  await expect(work(unknown)).rejects.toMatchObject(dies("no_turn", `no turn ${CONVERSATION}`));
  await expect(work(answer([hi], { conversationId: TURN }))).rejects.toMatchObject({ code: "other_conversation" });
  await expect(work(answer([hi], { conversationId: CONVERSATION }))).resolves.toMatchObject({ files: [] });
  await expect(work(answer([{ type: "typing" }]))).rejects.toMatchObject(
    dies("no_message", "the answer holds no message"),
  );
  const ofWhatsapp = answer([hi, { type: "text", text: "secret words", preview: "yes" }]);
  await expect(work(ofWhatsapp)).rejects.toMatchObject(dies("payload", "payload not understood: messages.1"));
});

test("a takeover says who and why, and is one event under one Idempotency-Key", async () => {
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
  const { outcome, written } = await work(first.events[0]);
  expect(outcome).toEqual({ result: "written", detail: "human" });
  expect(written).toEqual([{ ...body, at: NOW }]);
});

test("handing back is the same the other way; what is so already stays, and nobody's conversation dies", async () => {
  const [handBack] = accepted(humanTakeover, { conversationId: CONVERSATION, mode: "ai" }).events;
  expect(await work(handBack, { mode: "human" })).toMatchObject({
    outcome: { result: "written", detail: "ai" },
    written: [{ mode: "ai", actor: "n8n" }],
  });
  expect((await work(handBack)).outcome).toEqual({ result: "ignored", detail: "already ai" });
  const [nobodys] = accepted(humanTakeover, { conversationId: TURN, mode: "ai" }).events;
  await expect(work(nobodys)).rejects.toMatchObject(dies("no_conversation", `no conversation ${TURN}`));
});

test("a kind of a later version dies, to be replayed by that version", async () => {
  await expect(work({ id: "e", kind: "hologram", payload: {} })).rejects.toMatchObject({ next: { kind: "permanent" } });
});

test("a sample goes to the turn or the conversation that it is told", () => {
  const told = { turnId: TURN, text: "Hello", conversationId: CONVERSATION, actor: "Ada", reason: "because" };
  const { takeover, "hand-back": handBack, answer: answered } = n8n.samples(environment, NOW, told);
  const bodyOf = (sample: typeof takeover) => JSON.parse(sample?.body ?? "") as unknown;
  const change = { conversationId: CONVERSATION, actor: "Ada", reason: "because" };
  expect(bodyOf(takeover)).toEqual({ ...change, mode: "human" });
  expect(bodyOf(handBack)).toEqual({ ...change, mode: "ai" });
  expect(bodyOf(answered)).toEqual({ turnId: TURN, messages: [{ type: "text", text: "Hello" }] });
});

const folder = new URL("fixtures/", import.meta.url);

test.each(readdirSync(folder))("the fixture %s is what its route takes, or none takes", async (name) => {
  const parsed = parseJsonBody(readFileSync(new URL(name, folder)));
  const body = parsed.ok ? parsed.value : undefined;
  const takers = routes.filter((route) => route.body.safeParse(body).success);
  const expected = name.startsWith("answer-") ? aiResponse : humanTakeover;
  expect(takers).toEqual(name.startsWith("broken-") ? [] : [expected]);
  for (const route of takers)
    expect((await work(accepted(route, body).events[0], { mode: "none" })).outcome.result).toBe("written");
});
