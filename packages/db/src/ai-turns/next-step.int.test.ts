import { and, asc, eq, inArray } from "drizzle-orm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FollowUp, uuidv7 } from "@millrace/core";
import { useConversations, textMessage, type TestConversation, TIMINGS } from "../../test/conversations.ts";
import { failedTurnJob } from "../../test/failed-turn.ts";
import { conversations, messages, aiTurns as table } from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createAiTurns } from "./next-step.ts";

const harness = useConversations();
const turns = createAiTurns(harness.database, TIMINGS, () => harness.clock.at, harness.databaseNow);

const turnsOf = ({ id }: TestConversation) =>
  harness.database.orm.select().from(table).where(eq(table.conversationId, id)).orderBy(asc(table.openedAt), table.id);

/** The one open AI turn of the conversation. */
async function openTurnOf(conversation: TestConversation): Promise<string> {
  const open = (await turnsOf(conversation)).filter(
    ({ state }) => state === "debouncing" || state === "awaiting_reply",
  );
  expect(open).toHaveLength(1);
  return open[0]?.id ?? "";
}

async function stateOf(turnId: string): Promise<string | undefined> {
  const [row] = await harness.database.orm.select().from(table).where(eq(table.id, turnId));
  return row?.state;
}

/** Dispatches the turn after its debounce, and returns the question. */
async function ask(turnId: string) {
  harness.advance(TIMINGS.debounceMs);
  const step = await turns.next(turnId);
  if (step.step !== "ask") throw new Error(`it is not asked: ${step.step}`);
  await turns.markDispatched(turnId);
  return step.question;
}

const answer = (turnId: string, ...texts: readonly string[]) =>
  harness.write((stores) =>
    stores.aiTurns.answer({ turnId, messages: texts.map((text) => textMessage(text)), at: harness.clock.at }),
  );

const answersTo = (turnId: string) =>
  harness.database.orm
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turnId), eq(messages.author, "ai")))
    .orderBy(asc(messages.position));

const fail = (turnId: string, failedAt = new Date()) =>
  createDeadLetters(harness.database, uuidv7).record(failedTurnJob(turnId, failedAt));

const jobOf = (turnId: string, notBefore: Date): FollowUp => ({
  integration: "n8n",
  role: "ai-turns",
  id: `turn.${turnId}`,
  kind: "turn",
  payload: { turnId },
  notBefore: notBefore.toISOString(),
});

test("concurrent messages belong to one AI turn", async () => {
  for (let round = 0; round < 5; round += 1) {
    const conversation = await harness.open();
    await Promise.all(Array.from({ length: 6 }, (_, index) => harness.receive(conversation, `message ${index}`)));
    const turnId = await openTurnOf(conversation);
    expect(await turnsOf(conversation)).toHaveLength(1);
    expect((await ask(turnId)).messages).toHaveLength(6);
  }
});

test("a conversation cannot have two open AI turns", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "one");
  const [open] = await turnsOf(conversation);
  if (!open) throw new Error("no AI turn is open");
  const second = (state: "awaiting_reply" | "debouncing" | "answered") =>
    harness.database.orm.insert(table).values({ ...open, id: uuidv7(), state });
  for (const state of ["awaiting_reply", "debouncing"] as const) {
    const error: unknown = await second(state).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ cause: { constraint_name: "ai_turns_open" } });
  }
  await second("answered");
});

test("each message delays the dispatch of its AI turn, up to the cap", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1_900 }), { maxLength: 8 }), async (pauses) => {
      const conversation = await harness.open();
      const openedAt = harness.clock.at.getTime();
      const followUps = await harness.receive(conversation, "first");
      for (const pause of pauses) {
        harness.advance(pause);
        expect(await harness.receive(conversation, "more"), "the turn has its job").toEqual([]);
      }
      const dispatchAt = new Date(Math.min(harness.clock.at.getTime() + 2_000, openedAt + 10_000));
      const turnId = await openTurnOf(conversation);
      expect(followUps).toEqual([jobOf(turnId, new Date(openedAt + 2_000))]);
      const waits = { step: "wait", state: "debouncing", until: dispatchAt };
      expect(harness.clock.at < dispatchAt ? await turns.next(turnId) : waits).toEqual(waits);
      harness.advance(Math.max(0, dispatchAt.getTime() - harness.clock.at.getTime()));
      expect((await turns.next(turnId)).step).toBe("ask");
    }),
    { numRuns: 15, examples: [[Array.from({ length: 7 }, () => 1_900)]] },
  );
});

test("a question contains the messages without an answer in order, and the twenty before them without suppressed ones", async () => {
  const conversation = await harness.open();
  const minute = (count: number) => new Date(harness.clock.at.getTime() + count * 60_000);
  const start = harness.clock.at;
  for (let index = 0; index < 25; index += 1) {
    harness.clock.at = new Date(start.getTime() + index * 1_000);
    await harness.send(conversation, `old ${index}`);
  }
  const [suppressed = ""] = await harness.send(conversation, "suppressed");
  await harness.write((stores) => stores.outbox.suppress(suppressed, "a person took over"));
  await harness.receive(conversation, "second", minute(2));
  await harness.receive(conversation, "first", minute(1));
  // Two messages of one second, processed in the reverse order of their arrival.
  await harness.receive(conversation, "fourth", minute(3), minute(3));
  await harness.receive(conversation, "third", minute(3), minute(2));
  const question = await ask(await openTurnOf(conversation));
  expect(question).toMatchObject({ ask: 1, epoch: 0, reason: "message", contact: { name: "Ada" } });
  expect(question.conversation).toMatchObject({
    id: conversation.id,
    channel: "whatsapp",
    accountId: conversation.thread.accountId,
  });
  expect(question.messages.map(({ text, author, direction }) => [text, author, direction])).toEqual([
    ["first", "contact", "inbound"],
    ["second", "contact", "inbound"],
    ["third", "contact", "inbound"],
    ["fourth", "contact", "inbound"],
  ]);
  expect(question.history.map(({ text, author }) => [text, author])).toEqual(
    Array.from({ length: 20 }, (_, index) => [`old ${index + 5}`, "person"]),
  );
});

test("a question contains the type, the name and the key of a fetched file", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "look");
  const stored = { store: "folder", key: "a/b", sha256: "00", sizeBytes: 1, at: "2026-03-01T08:00:00.000Z" };
  await harness.database.orm
    .update(messages)
    .set({ media: { id: "m-1", mimeType: "image/png", stored } })
    .where(eq(messages.conversationId, conversation.id));
  const question = await ask(await openTurnOf(conversation));
  expect(question.messages[0]?.media).toEqual({ mimeType: "image/png", filename: null, key: "a/b" });
});

test("a message during the wait for the reply supersedes the AI turn, and the new turn asks about all messages", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "one");
  const first = await openTurnOf(conversation);
  await ask(first);
  await harness.receive(conversation, "two");
  const second = await openTurnOf(conversation);
  expect((await ask(second)).messages.map(({ text }) => text)).toEqual(["one", "two"]);
  harness.advance(1);
  await harness.receive(conversation, "three");
  const third = await openTurnOf(conversation);
  const question = await ask(third);
  expect(question.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(question.history).toEqual([]);
  expect([await stateOf(first), await stateOf(second)]).toEqual(["superseded", "superseded"]);
  expect(await turns.next(first)).toEqual({ step: "ended", why: "superseded" });
  expect(await turns.isInState("awaiting_reply", first)).toBe(false);
  expect(await turns.isInState("awaiting_reply", third)).toBe(true);
});

test("an answer is queued in order, with author ai and the epoch of its turn, and promotes the turn's job", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Hello");
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  expect(await harness.write((stores) => stores.aiTurns.find(turnId))).toMatchObject({
    value: { conversationId: conversation.id, channel: "whatsapp" },
  });
  const { value, followUps } = await answer(turnId, "one", "two");
  expect(value).toBe("queued");
  const rows = await answersTo(turnId);
  expect(rows.map(({ body, status, epoch, position }) => [body, status, epoch, position])).toEqual([
    ["one", "queued", 0, 1],
    ["two", "queued", 0, 2],
  ]);
  expect(followUps.map(({ id, promote }) => [id, promote === true])).toEqual([
    ...rows.map(({ id }) => [`send.${id}`, false]),
    [`turn.${turnId}`, true],
  ]);
  expect(await turns.next(turnId)).toEqual({ step: "ended", why: "answered" });
  expect(await answer(turnId, "again")).toMatchObject({ value: "duplicate", followUps: [] });
  expect(await answersTo(turnId)).toHaveLength(2);
});

test("an answer without messages ends its AI turn", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Thank you");
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  expect((await answer(turnId)).value).toBe("queued");
  expect(await turns.next(turnId)).toEqual({ step: "ended", why: "answered" });
  expect((await answer(turnId)).value).toBe("duplicate");
});

test("a late answer is stored once as suppressed, with the reason and without a position", async () => {
  const reasons = {
    superseded: "a new message came while the AI was thinking",
    taken_over: "a person took over",
    failed: "the answer came after its deadline",
  };
  for (const [state, reason] of Object.entries(reasons)) {
    const conversation = await harness.open();
    await harness.receive(conversation, "Hello");
    const turnId = await openTurnOf(conversation);
    await ask(turnId);
    if (state === "superseded") await harness.receive(conversation, "Hello?");
    if (state === "taken_over") await harness.changeMode(conversation, "human");
    if (state === "failed") await fail(turnId);
    expect(await stateOf(turnId)).toBe(state);
    expect(await answer(turnId, "one", "two")).toMatchObject({ value: "late", followUps: [] });
    expect((await answer(turnId, "one", "two")).value).toBe("duplicate");
    const kept = { status: "suppressed", error: reason, position: null, externalId: null };
    expect(await answersTo(turnId)).toMatchObject([kept, kept]);
    expect(await stateOf(turnId)).toBe(state);
  }
});

test("an answer to an unknown AI turn is late and writes nothing", async () => {
  const turnId = uuidv7();
  expect(await answer(turnId, "one")).toMatchObject({ value: "late", followUps: [] });
  expect((await harness.write((stores) => stores.aiTurns.find(turnId))).value).toBeUndefined();
  expect(await turns.next(turnId)).toEqual({ step: "ended", why: "no such AI turn" });
  expect(await turns.isInState("awaiting_reply", turnId)).toBe(false);
});

test("after a concurrent answer and message, the message always belongs to an AI turn", async () => {
  const fates = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const conversation = await harness.open();
    await harness.receive(conversation, "one");
    const turnId = await openTurnOf(conversation);
    await ask(turnId);
    // In both orders, so that either can be first.
    const started = round % 2 === 0 ? [] : [harness.receive(conversation, "two")];
    const answering = answer(turnId, "yes");
    if (round % 2 === 0) started.push(harness.receive(conversation, "two"));
    const { value } = await answering;
    await Promise.all(started);
    fates.add(value);
    const [row] = await answersTo(turnId);
    expect(row?.status).toBe(value === "queued" ? "queued" : "suppressed");
    const asked = (await ask(await openTurnOf(conversation))).messages.map(({ text }) => text);
    expect(asked).toEqual(value === "queued" ? ["two"] : ["one", "two"]);
  }
  expect([...fates].every((fate) => fate === "queued" || fate === "late")).toBe(true);
});

test("a question that is not accepted is dispatched again, and one without an answer a second and last time", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Anybody?");
  const turnId = await openTurnOf(conversation);
  harness.advance(TIMINGS.debounceMs);
  for (let failure = 0; failure < 3; failure += 1)
    expect(await turns.next(turnId)).toMatchObject({ step: "ask", question: { ask: 1 } });
  await turns.markDispatched(turnId);
  const until = new Date(harness.clock.at.getTime() + TIMINGS.answerTimeoutMs);
  expect(await turns.next(turnId)).toEqual({ step: "wait", state: "awaiting_reply", until });
  harness.advance(TIMINGS.answerTimeoutMs);
  expect(await turns.next(turnId)).toMatchObject({ step: "ask", question: { ask: 2, turnId } });
  await turns.markDispatched(turnId);
  harness.advance(TIMINGS.answerTimeoutMs - 1);
  expect((await turns.next(turnId)).step).toBe("wait");
  harness.advance(1);
  expect(await turns.next(turnId)).toEqual({ step: "timed_out" });
});

test("a failed AI turn is dispatched again by a replay, and its answer counts", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Anybody?");
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  harness.advance(TIMINGS.answerTimeoutMs);
  await ask(turnId);
  await fail(turnId);
  expect(await stateOf(turnId)).toBe("failed");
  expect(await turns.isInState("awaiting_reply", turnId)).toBe(false);
  const question = await ask(turnId);
  expect(question).toMatchObject({ ask: 1, messages: [{ text: "Anybody?" }] });
  expect(await stateOf(turnId)).toBe("awaiting_reply");
  expect((await answer(turnId, "Here")).value).toBe("queued");
  await fail(turnId, new Date(Date.now() + 1_000));
  expect(await stateOf(turnId)).toBe("answered");
});

test("a replayed AI turn with a late answer accepts a new answer once", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Anybody?");
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  await fail(turnId);
  expect((await answer(turnId, "too late")).value).toBe("late");
  await ask(turnId);
  expect((await answer(turnId, "in time")).value).toBe("queued");
  expect((await answer(turnId, "in time")).value).toBe("duplicate");
  const kept = (await answersTo(turnId)).map(({ body, status }) => [body, status]);
  expect(Object.fromEntries(kept)).toEqual({ "too late": "suppressed", "in time": "queued" });
});

test("a replayed AI turn ends if a newer turn is open or a person took over", async () => {
  const conversation = await harness.open();
  await harness.receive(conversation, "Anybody?");
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  await fail(turnId);
  await harness.receive(conversation, "Hello?");
  expect(await turns.next(turnId)).toEqual({ step: "ended", why: "superseded" });
  const second = await openTurnOf(conversation);
  await fail(second);
  await harness.changeMode(conversation, "human");
  expect(await turns.next(second)).toEqual({ step: "ended", why: "taken_over" });
  expect(await stateOf(second)).toBe("taken_over");
});

test("a group message opens no AI turn, and its file is fetched", async () => {
  const group = await harness.open("whatsapp", "group");
  expect(await harness.receive(group, "Hello all")).toEqual([]);
  expect(await turnsOf(group)).toEqual([]);
  const { tenantId, channel, accountId } = group.thread;
  const place = { tenantId, channel, accountId, conversationId: group.id, externalId: uuidv7() };
  const media = { id: "m-1", mimeType: "image/png" };
  const image = { ...place, media, type: "image", sentAt: harness.clock.at, payload: {} };
  const { followUps } = await harness.write((stores) =>
    stores.messages.add({ ...image, direction: "inbound", status: "received" }),
  );
  expect(followUps).toMatchObject([
    { integration: "whatsapp", role: "media", kind: "media", payload: { channel: "whatsapp" } },
  ]);
});

test("3: a redelivered message is in one AI turn, and only its first delivery returns jobs", async () => {
  const conversation = await harness.open();
  const { tenantId, channel, accountId } = conversation.thread;
  const place = { tenantId, channel, accountId, conversationId: conversation.id, externalId: uuidv7() };
  const text = { ...place, type: "text", body: "Hello", sentAt: harness.clock.at, payload: {} };
  const add = () =>
    harness.write((stores) => stores.messages.add({ ...text, direction: "inbound", status: "received" }));
  expect((await add()).followUps).toHaveLength(1);
  harness.advance(1_000);
  expect((await add()).followUps).toEqual([]);
  expect((await ask(await openTurnOf(conversation))).messages).toHaveLength(1);
});

test("a merge combines the open AI turns of both conversations into one, which is dispatched again", async () => {
  const [old, other] = [await harness.open("telegram"), await harness.open("telegram")];
  const { accountId } = old.thread;
  const merged: TestConversation = { ...other, thread: { ...other.thread, accountId } };
  await harness.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  await harness.receive(old, "one");
  await harness.receive(merged, "two");
  const [first, second] = [await openTurnOf(old), await openTurnOf(merged)];
  await ask(first);
  await ask(second);
  const { followUps } = await harness.write((stores) =>
    stores.conversations.migrate("telegram", accountId, old.thread.threadId, merged.thread.threadId),
  );
  expect(followUps).toMatchObject([{ id: `turn.${first}`, promote: true }]);
  expect((await turnsOf(merged)).map(({ state }) => state)).toEqual(["debouncing", "superseded"]);
  // The acceptance of an earlier dispatch arrives after the merge.
  for (const turnId of [first, second]) await turns.markDispatched(turnId);
  expect(await turns.isInState("awaiting_reply", first)).toBe(false);
  for (const turnId of [first, second]) expect((await answer(turnId, "late")).value).toBe("late");
  expect(await answersTo(first)).toMatchObject([
    { error: "the conversation was merged with another, and the AI is asked again" },
  ]);
  await harness.receive(merged, "three");
  harness.advance(10_000);
  const question = await ask(await openTurnOf(merged));
  expect(question).toMatchObject({ turnId: first, epoch: 1, ask: 1, history: [] });
  expect(question.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  const ofTurns = inArray(messages.aiTurnId, [first, second]);
  const rows = await harness.database.orm.select().from(messages).where(ofTurns);
  expect(rows.every(({ conversationId }) => conversationId === merged.id)).toBe(true);
});
