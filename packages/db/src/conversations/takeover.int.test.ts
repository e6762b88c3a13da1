import { beginAttempt } from "../../test/begin-attempt.ts";
import { and, asc, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import {
  useConversations,
  textMessage,
  type TestConversation,
  TIMINGS,
  countBlocked,
} from "../../test/conversations.ts";
import { openDatabase } from "../connection/database.ts";
import { conversations, messages, auditLog, aiTurns as table } from "../schema/index.ts";
import { createTakeoverLock } from "./takeover-lock.ts";
import { createSendStates } from "../messages/send-state.ts";
import { createAiTurns } from "../ai-turns/next-step.ts";

const harness = useConversations();
const lockDatabase = openDatabase(harness.databaseUrl, { maxConnections: 4, name: "test-takeover-lock" });
const turns = createAiTurns(harness.database, TIMINGS, () => harness.clock.at, harness.databaseNow);
const lock = createTakeoverLock(lockDatabase);
afterAll(async () => {
  await lockDatabase.close();
});

async function read({ id }: TestConversation) {
  const [row] = await harness.database.orm.select().from(conversations).where(eq(conversations.id, id));
  return { mode: row?.mode, epoch: row?.epoch };
}

const changesOf = ({ id }: TestConversation) =>
  harness.database.orm.select().from(auditLog).where(eq(auditLog.subject, id)).orderBy(asc(auditLog.id));

async function openTurnOf({ id }: TestConversation): Promise<string | undefined> {
  const rows = await harness.database.orm.select().from(table).where(eq(table.conversationId, id));
  return rows.find(({ state }) => state === "debouncing" || state === "awaiting_reply")?.id;
}

/** Queues texts as AI answers of the current epoch. */
async function answerWith(conversation: TestConversation, ...texts: readonly string[]): Promise<string[]> {
  await harness.receive(conversation, "Hello");
  const turnId = (await openTurnOf(conversation)) ?? "";
  harness.advance(TIMINGS.debounceMs);
  await turns.next(turnId);
  await turns.markDispatched(turnId);
  const parts = texts.map((text) => textMessage(text));
  await harness.write((stores) => stores.aiTurns.answer({ turnId, messages: parts, at: harness.clock.at }));
  const rows = await harness.database.orm
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turnId), eq(messages.author, "ai")))
    .orderBy(asc(messages.position));
  return rows.map(({ id }) => id);
}

test("each change of mode raises the epoch once and writes one audit entry", async () => {
  const modes = fc.array(fc.constantFrom("human" as const, "ai" as const), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(modes, async (list) => {
      const conversation = await harness.open();
      let now = { mode: "ai", epoch: 0 };
      const changes = [];
      for (const mode of list) {
        const { value } = await harness.changeMode(conversation, mode);
        expect(value).toBe(mode !== now.mode);
        const after = value ? { mode, epoch: now.epoch + 1 } : now;
        const action = mode === "human" ? "conversation.taken_over" : "conversation.handed_back";
        if (value) changes.push({ actor: "Bea", action, reason: null, before: now, after });
        now = after;
        expect(await read(conversation)).toEqual(now);
      }
      expect(await changesOf(conversation)).toMatchObject(changes);
      expect(await changesOf(conversation)).toHaveLength(changes.length);
    }),
    { numRuns: 10 },
  );
});

test("of many concurrent takeovers one succeeds", async () => {
  const conversation = await harness.open();
  const done = await Promise.all(Array.from({ length: 8 }, () => harness.changeMode(conversation, "human")));
  expect(done.filter(({ value }) => value)).toHaveLength(1);
  expect(await read(conversation)).toEqual({ mode: "human", epoch: 1 });
  expect(await changesOf(conversation)).toHaveLength(1);
});

test("7: a takeover suppresses unsent AI answers, and nothing else", async () => {
  const [conversation, elsewhere] = [await harness.open(), await harness.open()];
  const outbox = createSendStates(harness.database);
  const ids = await answerWith(conversation, "sent", "uncertain", "refused", "queued");
  const [sent = "", uncertain = "", refused = "", queued = ""] = ids;
  const [persons = ""] = await harness.send(conversation, "a person's");
  const [others = ""] = await answerWith(elsewhere, "another conversation's");
  for (const id of [sent, uncertain, refused]) await beginAttempt(outbox, id, harness.clock.at);
  await harness.write((stores) => stores.outbox.markSent(sent, { externalId: "wamid.t1" }, harness.clock.at));
  await outbox.markRejected(refused, harness.clock.at, true);
  const { followUps } = await harness.changeMode(conversation, "human");
  const states = async () => {
    const rows = await harness.database.orm.select().from(messages).where(eq(messages.direction, "outbound"));
    return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
  };
  expect(await states()).toMatchObject({
    [sent]: "sent",
    [uncertain]: "sending",
    [refused]: "suppressed",
    [queued]: "suppressed",
    [persons]: "queued",
    [others]: "queued",
  });
  const promoted = followUps.map(({ id, promote }) => [id, promote]);
  expect(new Set(promoted.map(String))).toEqual(new Set([`send.${refused},true`, `send.${queued},true`]));
  // The uncertain answer stops at the takeover lock, and the person's own message is next.
  expect(await outbox.find(persons)).toMatchObject({ ahead: 1, answer: undefined });
  expect(await outbox.find(uncertain)).toMatchObject({ answer: { epoch: 0 } });
});

test("a takeover ends the open AI turn in either state, and promotes its job", async () => {
  for (const isAsked of [false, true]) {
    const conversation = await harness.open();
    await harness.receive(conversation, "Hello");
    const turnId = (await openTurnOf(conversation)) ?? "";
    harness.advance(TIMINGS.debounceMs);
    if (isAsked) await turns.next(turnId);
    const { followUps } = await harness.changeMode(conversation, "human");
    expect(followUps.map(({ id, promote }) => [id, promote])).toEqual([[`turn.${turnId}`, true]]);
    expect(await openTurnOf(conversation)).toBeUndefined();
    expect(await turns.next(turnId)).toEqual({ step: "ended", why: "taken_over" });
    expect(await harness.receive(conversation, "Are you there?")).toEqual([]);
    expect(await openTurnOf(conversation)).toBeUndefined();
  }
});

test("in every order of events, a hand-back asks about exactly the messages without an answer", async () => {
  const step = fc.constantFrom("receive", "receive", "ask", "answer", "send", "human", "ai");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const conversation = await harness.open();
      const model: Model = { mode: "ai", isAsked: false, pending: [], unsent: [] };
      for (const [index, each] of steps.entries()) {
        const result = await perform(conversation, each, `text ${index}`);
        expect([index, each, result]).toEqual([index, each, expectedOf(model, each, `text ${index}`)]);
        const isOpen = model.mode === "ai" && model.pending.length > 0;
        expect((await openTurnOf(conversation)) !== undefined).toBe(isOpen);
      }
    }),
    { numRuns: 60 },
  );
});

type Step = "receive" | "ask" | "answer" | "send" | "human" | "ai";

/** Performs a step; returns the question, the result of an answer, or whether the mode changed. */
async function perform(conversation: TestConversation, step: Step, text: string): Promise<unknown> {
  const turnId = (await openTurnOf(conversation)) ?? uuidv7();
  switch (step) {
    case "receive":
      await harness.receive(conversation, text);
      return undefined;
    case "send":
      await harness.send(conversation, text);
      return undefined;
    case "ask": {
      harness.advance(TIMINGS.debounceMs);
      const next = await turns.next(turnId);
      if (next.step !== "ask") return next.step;
      await turns.markDispatched(turnId);
      return next.question.messages.map((message) => message.text);
    }
    case "answer": {
      // The AI answers only dispatched turns.
      const [turn] = await harness.database.orm.select().from(table).where(eq(table.id, turnId));
      if (turn?.state === "debouncing") return "late";
      const answer = { turnId, messages: [textMessage(text)], at: harness.clock.at };
      return (await harness.write((stores) => stores.aiTurns.answer(answer))).value;
    }
    case "human":
    case "ai":
      return (await harness.changeMode(conversation, step)).value;
  }
}

/** The reference model: the messages without an answer, and those with an unsent answer. */
type Model = { mode: string; isAsked: boolean; pending: string[]; unsent: string[] };

/** The expected result of a step. */
function expectedOf(model: Model, step: Step, text: string): unknown {
  const isOpen = model.mode === "ai" && model.pending.length > 0;
  switch (step) {
    case "receive":
      model.pending.push(text);
      model.isAsked = false;
      return undefined;
    case "send":
      return undefined;
    case "ask": {
      if (!isOpen) return "ended";
      if (model.isAsked) return "wait";
      model.isAsked = true;
      return [...model.pending];
    }
    case "answer":
      if (!isOpen || !model.isAsked) return "late";
      model.unsent.push(...model.pending);
      model.pending = [];
      return "queued";
    case "human":
    case "ai": {
      const isChange = step !== model.mode;
      model.mode = step;
      if (isChange) model.isAsked = false;
      // A takeover suppresses the answers, so that their messages have none.
      if (isChange && step === "human") model.pending.unshift(...model.unsent.splice(0));
      return isChange;
    }
  }
}

test("7: the later change of mode wins in every order of arrival; within one second, the takeover wins", async () => {
  const modeOf = async ({ id }: TestConversation) =>
    (await harness.write((stores) => stores.conversations.find(id))).value?.mode;
  const changeAt = async ({ id }: TestConversation, mode: "human" | "ai", ms: number) => {
    const at = new Date(harness.clock.at.getTime() + ms);
    const change = { conversationId: id, mode, actor: "Bea", at };
    return (await harness.write((stores) => stores.conversations.changeMode(change))).value;
  };
  const conversation = await harness.open();
  await harness.changeMode(conversation, "human");
  // A hand-back and another takeover that arrive in reverse order.
  expect(await changeAt(conversation, "human", 2_000)).toBe(false);
  expect(await changeAt(conversation, "ai", 1_000)).toBe(false);
  expect(await modeOf(conversation)).toBe("human");
  expect(await changeAt(conversation, "ai", 3_400)).toBe(true);
  expect(await changeAt(conversation, "human", 2_900)).toBe(false);
  expect(await modeOf(conversation)).toBe("ai");
  expect(await changeAt(conversation, "human", 3_000)).toBe(true);
});

test("the hand-back asks again about a message if the takeover lock suppressed its answer", async () => {
  const conversation = await harness.open();
  const [id = ""] = await answerWith(conversation, "Yes");
  await beginAttempt(createSendStates(harness.database), id, harness.clock.at);
  const suppress = () => harness.write((stores) => stores.outbox.suppress(id, "a person took over"));
  await expect(suppress()).rejects.toMatchObject({ next: { kind: "retryable" } });
  await harness.changeMode(conversation, "human");
  await suppress();
  harness.advance(5_000);
  await harness.changeMode(conversation, "ai");
  expect(await turns.next((await openTurnOf(conversation)) ?? "")).toMatchObject({
    question: { reason: "hand_back", messages: [{ text: "Hello" }] },
  });
});

test("a hand-back dispatches an AI turn at once, in the new epoch, with the person's messages as history", async () => {
  const conversation = await harness.open();
  await harness.changeMode(conversation, "human");
  await harness.receive(conversation, "Are you a person?");
  harness.advance(1);
  await harness.send(conversation, "I am Bea");
  await harness.changeMode(conversation, "ai");
  const step = await turns.next((await openTurnOf(conversation)) ?? "");
  expect(step).toMatchObject({
    step: "ask",
    question: {
      reason: "hand_back",
      epoch: 2,
      conversation: { modeChangedAt: harness.clock.at.toISOString() },
      messages: [{ text: "Are you a person?" }],
      history: [{ text: "I am Bea", author: "person" }],
    },
  });
});

test("7: a takeover waits for all answers that are being sent, and later answers are not sent", async () => {
  const conversation = await harness.open();
  const completions = new Map<string, () => void>();
  const send = (name: string) =>
    lock.runInEpoch(
      conversation.id,
      0,
      () => new Promise<string>((resolve) => completions.set(name, () => resolve(name))),
    );
  const first = send("first");
  const second = send("second");
  await until("both are being sent", () => completions.size === 2);
  const takingOver = harness.changeMode(conversation, "human");
  await until("the takeover waits", async () => (await countBlocked(harness.database)) === 1);
  let called = false;
  const late = lock.runInEpoch(conversation.id, 0, async () => {
    called = true;
  });
  await until("the late answer waits", async () => (await countBlocked(harness.database)) === 2);
  completions.get("first")?.();
  expect(await first).toBe("first");
  expect(await read(conversation)).toEqual({ mode: "ai", epoch: 0 });
  expect(await countBlocked(harness.database)).toBe(2);
  completions.get("second")?.();
  expect(await second).toBe("second");
  expect((await takingOver).value).toBe(true);
  expect(await late).toBeUndefined();
  expect(called).toBe(false);
  expect(await send("later")).toBeUndefined();
  expect(await lock.runInEpoch(conversation.id, 1, async () => "requested later")).toBe("requested later");
});

test("7: a failed send and a crashed worker release the takeover lock", async () => {
  const conversation = await harness.open();
  const failing = lock.runInEpoch(conversation.id, 0, () => Promise.reject(new Error("no answer")));
  await expect(failing).rejects.toThrow("no answer");
  const dying = openDatabase(harness.databaseUrl, { maxConnections: 1, name: "test-dying" });
  let isSending = false;
  const dead = createTakeoverLock(dying)
    .runInEpoch(conversation.id, 0, () => {
      isSending = true;
      return new Promise(() => undefined);
    })
    .catch((error: unknown) => error);
  await until("the answer is being sent", () => isSending);
  const takingOver = harness.changeMode(conversation, "human");
  await until("the takeover waits", async () => (await countBlocked(harness.database)) === 1);
  await harness.database.orm.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test-dying'`,
  );
  expect((await takingOver).value).toBe(true);
  expect(await dead).toBeInstanceOf(Error);
  await dying.close();
});

test("a takeover does not wait for the takeover lock of another conversation", async () => {
  const [conversation, other] = [await harness.open(), await harness.open()];
  const changed = await lock.runInEpoch(
    conversation.id,
    0,
    async () => (await harness.changeMode(other, "human")).value,
  );
  expect(changed).toBe(true);
});

test("an AI answer that is queued before a merge in mode ai is still sent", async () => {
  const [old, other] = [await harness.open("telegram"), await harness.open("telegram")];
  const { accountId } = old.thread;
  await harness.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  const outbox = createSendStates(harness.database);
  const [sent = "", next = ""] = await answerWith(old, "one", "two");
  await beginAttempt(outbox, sent, harness.clock.at);
  await harness.write((stores) =>
    stores.outbox.markSent(sent, { externalId: "7/1", movedTo: other.thread.threadId }, harness.clock.at),
  );
  const state = await outbox.find(next);
  expect(state?.message.conversationId).toBe(other.id);
  expect(await lock.runInEpoch(other.id, state?.answer?.epoch ?? -1, async () => "sent")).toBe("sent");
  expect((await outbox.find(sent))?.status).toBe("sent");
});

test("the hand-back after a merge asks about the messages to a person in either conversation", async () => {
  for (const taken of ["old", "other"] as const) {
    const [old, other] = [await harness.open("telegram"), await harness.open("telegram")];
    const { accountId } = old.thread;
    const merged: TestConversation = { ...other, thread: { ...other.thread, accountId } };
    await harness.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
    const [theirs, ais] = taken === "old" ? [old, merged] : [merged, old];
    await harness.receive(theirs, "pending");
    await harness.changeMode(theirs, "human");
    await harness.receive(theirs, "to the person");
    await harness.receive(ais, "to the AI");
    await harness.write((stores) =>
      stores.conversations.migrate("telegram", accountId, old.thread.threadId, merged.thread.threadId),
    );
    await harness.changeMode(merged, "ai");
    const next = await turns.next((await openTurnOf(merged)) ?? "");
    if (next.step !== "ask") throw new Error(`it is ${next.step}`);
    expect(next.question.messages.map(({ text }) => text)).toEqual(["pending", "to the person", "to the AI"]);
  }
});
