import { and, asc, eq, inArray } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FollowUp, uuidv7 } from "@millrace/core";
import { openConversations, partOf, type Talk, TIMINGS } from "../../test/conversations.ts";
import { conversations, messages, aiTurns as table } from "../schema/index.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createAiTurns, type AiTurns } from "./next-step.ts";

let talks: Awaited<ReturnType<typeof openConversations>>;
let turns: AiTurns;

beforeAll(async () => {
  talks = await openConversations();
  turns = createAiTurns(talks.database, TIMINGS, () => talks.clock.at);
});

afterAll(() => talks.close());

const turnsOf = ({ id }: Talk) =>
  talks.database.orm.select().from(table).where(eq(table.conversationId, id)).orderBy(asc(table.openedAt), table.id);

/** The one turn of the conversation that is not over. */
async function openTurnOf(talk: Talk): Promise<string> {
  const open = (await turnsOf(talk)).filter(({ state }) => state === "debouncing" || state === "awaiting_reply");
  expect(open).toHaveLength(1);
  return open[0]?.id ?? "";
}

async function stateOf(turnId: string): Promise<string | undefined> {
  const [row] = await talks.database.orm.select().from(table).where(eq(table.id, turnId));
  return row?.state;
}

/** Lets the turn gather, has the AI asked, and gives the question. */
async function ask(turnId: string) {
  talks.pass(TIMINGS.debounceMs);
  const step = await turns.next(turnId);
  if (step.step !== "ask") throw new Error(`it is not asked: ${step.step}`);
  await turns.accepted(turnId);
  return step.question;
}

const answer = (turnId: string, ...texts: readonly string[]) =>
  talks.write((stores) =>
    stores.aiTurns.answer({ turnId, messages: texts.map((text) => partOf(text)), at: talks.clock.at }),
  );

const answersTo = (turnId: string) =>
  talks.database.orm
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turnId), eq(messages.author, "ai")))
    .orderBy(asc(messages.position));

const giveUp = (turnId: string, failedAt = new Date()) =>
  createDeadLetters(talks.database, uuidv7).record({
    queue: "n8n-ai-turns",
    jobId: `turn.${turnId}`,
    integration: "n8n",
    eventId: `turn.${turnId}`,
    kind: "turn",
    payload: { turnId },
    errorKind: "permanent",
    error: "120 s without an answer, twice",
    attempts: 1,
    correlationId: "c-1",
    receivedAt: failedAt,
    failedAt,
  });

const jobOf = (turnId: string, notBefore: Date): FollowUp => ({
  integration: "n8n",
  role: "ai-turns",
  id: `turn.${turnId}`,
  kind: "turn",
  payload: { turnId },
  notBefore: notBefore.toISOString(),
});

test("messages that come at the same moment are one question", async () => {
  for (let round = 0; round < 5; round += 1) {
    const talk = await talks.meet();
    await Promise.all(Array.from({ length: 6 }, (_, index) => talks.hear(talk, `message ${index}`)));
    const turnId = await openTurnOf(talk);
    expect(await turnsOf(talk)).toHaveLength(1);
    expect((await ask(turnId)).messages).toHaveLength(6);
  }
});

test("no two questions of a conversation can be open, whoever writes them", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "one");
  const [open] = await turnsOf(talk);
  if (!open) throw new Error("nothing is asked");
  const second = (state: "awaiting_reply" | "debouncing" | "answered") =>
    talks.database.orm.insert(table).values({ ...open, id: uuidv7(), state });
  for (const state of ["awaiting_reply", "debouncing"] as const) {
    const error: unknown = await second(state).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ cause: { constraint_name: "turns_open" } });
  }
  await second("answered");
});

test("a question waits for more after each message, up to its cap", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1_900 }), { maxLength: 8 }), async (pauses) => {
      const talk = await talks.meet();
      const openedAt = talks.clock.at.getTime();
      let told = await talks.hear(talk, "first");
      for (const pause of pauses) {
        talks.pass(pause);
        told = await talks.hear(talk, "more");
      }
      const dispatchAt = new Date(Math.min(talks.clock.at.getTime() + 2_000, openedAt + 10_000));
      const turnId = await openTurnOf(talk);
      expect(told).toEqual([jobOf(turnId, dispatchAt)]);
      const waits = { step: "wait", state: "debouncing", until: dispatchAt };
      expect(talks.clock.at < dispatchAt ? await turns.next(turnId) : waits).toEqual(waits);
      talks.pass(Math.max(0, dispatchAt.getTime() - talks.clock.at.getTime()));
      expect((await turns.next(turnId)).step).toBe("ask");
    }),
    { numRuns: 15, examples: [[Array.from({ length: 7 }, () => 1_900)]] },
  );
});

test("a question shows what is not answered yet in its order, and before it the last twenty, without what was taken back", async () => {
  const talk = await talks.meet();
  const minute = (count: number) => new Date(talks.clock.at.getTime() + count * 60_000);
  const start = talks.clock.at;
  for (let index = 0; index < 25; index += 1) {
    talks.clock.at = new Date(start.getTime() + index * 1_000);
    await talks.say(talk, `old ${index}`);
  }
  const [taken = ""] = await talks.say(talk, "taken back");
  await talks.write((stores) => stores.outbox.suppress(taken, "a person took over"));
  await talks.hear(talk, "second", minute(2));
  await talks.hear(talk, "first", minute(1));
  // Of one second, and worked on in the other order than they came.
  await talks.hear(talk, "fourth", minute(3), minute(3));
  await talks.hear(talk, "third", minute(3), minute(2));
  const question = await ask(await openTurnOf(talk));
  expect(question).toMatchObject({ ask: 1, epoch: 0, reason: "message", contact: { name: "Ada" } });
  expect(question.conversation).toMatchObject({ id: talk.id, channel: "whatsapp", accountId: talk.thread.accountId });
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

test("a question tells of a file by its type, its name and its place once it is fetched", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "look");
  const stored = { store: "folder", key: "a/b", sha256: "00", sizeBytes: 1, at: "2026-03-01T08:00:00.000Z" };
  await talks.database.orm
    .update(messages)
    .set({ media: { id: "m-1", mimeType: "image/png", stored } })
    .where(eq(messages.conversationId, talk.id));
  const question = await ask(await openTurnOf(talk));
  expect(question.messages[0]?.media).toEqual({ mimeType: "image/png", filename: null, key: "a/b" });
});

test("a message while the AI thinks supersedes the question, and the new one asks it all, however often", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "one");
  const first = await openTurnOf(talk);
  await ask(first);
  await talks.hear(talk, "two");
  const second = await openTurnOf(talk);
  expect((await ask(second)).messages.map(({ text }) => text)).toEqual(["one", "two"]);
  talks.pass(1);
  await talks.hear(talk, "three");
  const third = await openTurnOf(talk);
  const question = await ask(third);
  expect(question.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  expect(question.history).toEqual([]);
  expect([await stateOf(first), await stateOf(second)]).toEqual(["superseded", "superseded"]);
  expect(await turns.next(first)).toEqual({ step: "over", why: "superseded" });
  expect(await turns.isStill("awaiting_reply", first)).toBe(false);
  expect(await turns.isStill("awaiting_reply", third)).toBe(true);
});

test("an answer is queued as the AI's, in its order and with the epoch it was asked in, and wakes the question's job", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Hello");
  const turnId = await openTurnOf(talk);
  await ask(turnId);
  expect(await talks.write((stores) => stores.aiTurns.find(turnId))).toMatchObject({
    value: { conversationId: talk.id, channel: "whatsapp" },
  });
  const { value, followUps } = await answer(turnId, "one", "two");
  expect(value).toBe("queued");
  const rows = await answersTo(turnId);
  expect(rows.map(({ body, status, epoch, position }) => [body, status, epoch, position])).toEqual([
    ["one", "queued", 0, 1],
    ["two", "queued", 0, 2],
  ]);
  expect(followUps.map(({ id, promote: wake }) => [id, wake === true])).toEqual([
    ...rows.map(({ id }) => [`send.${id}`, false]),
    [`turn.${turnId}`, true],
  ]);
  expect(await turns.next(turnId)).toEqual({ step: "over", why: "answered" });
  expect(await answer(turnId, "again")).toMatchObject({ value: "duplicate", followUps: [] });
  expect(await answersTo(turnId)).toHaveLength(2);
});

test("an answer that has nothing to say ends its question all the same", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Thank you");
  const turnId = await openTurnOf(talk);
  await ask(turnId);
  expect((await answer(turnId)).value).toBe("queued");
  expect(await turns.next(turnId)).toEqual({ step: "over", why: "answered" });
  expect((await answer(turnId)).value).toBe("duplicate");
});

test("an answer that comes too late is kept with the reason, has no place in the line, and is kept once", async () => {
  const reasons = {
    superseded: "a new message came while the AI was thinking",
    taken_over: "a person took over",
    failed: "the answer came after its deadline",
  };
  for (const [state, reason] of Object.entries(reasons)) {
    const talk = await talks.meet();
    await talks.hear(talk, "Hello");
    const turnId = await openTurnOf(talk);
    await ask(turnId);
    if (state === "superseded") await talks.hear(talk, "Hello?");
    if (state === "taken_over") await talks.turnOver(talk, "human");
    if (state === "failed") await giveUp(turnId);
    expect(await stateOf(turnId)).toBe(state);
    expect(await answer(turnId, "one", "two")).toMatchObject({ value: "late", followUps: [] });
    expect((await answer(turnId, "one", "two")).value).toBe("duplicate");
    const kept = { status: "suppressed", error: reason, position: null, externalId: null };
    expect(await answersTo(turnId)).toMatchObject([kept, kept]);
    expect(await stateOf(turnId)).toBe(state);
  }
});

test("an answer to no question of ours is late, and nothing is kept", async () => {
  const turnId = uuidv7();
  expect(await answer(turnId, "one")).toMatchObject({ value: "late", followUps: [] });
  expect((await talks.write((stores) => stores.aiTurns.find(turnId))).value).toBeUndefined();
  expect(await turns.next(turnId)).toEqual({ step: "over", why: "there is no such turn" });
  expect(await turns.isStill("awaiting_reply", turnId)).toBe(false);
});

test("of an answer and a message that come at the same moment one is first, and no message is left without a question", async () => {
  const fates = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const talk = await talks.meet();
    await talks.hear(talk, "one");
    const turnId = await openTurnOf(talk);
    await ask(turnId);
    // Both ways around, so that either has a chance to be first.
    const started = round % 2 === 0 ? [] : [talks.hear(talk, "two")];
    const answering = answer(turnId, "yes");
    if (round % 2 === 0) started.push(talks.hear(talk, "two"));
    const { value } = await answering;
    await Promise.all(started);
    fates.add(value);
    const [row] = await answersTo(turnId);
    expect(row?.status).toBe(value === "queued" ? "queued" : "suppressed");
    const asked = (await ask(await openTurnOf(talk))).messages.map(({ text }) => text);
    expect(asked).toEqual(value === "queued" ? ["two"] : ["one", "two"]);
  }
  expect([...fates].every((fate) => fate === "queued" || fate === "late")).toBe(true);
});

test("a question that is not accepted is asked again as the same; one without an answer in time once more, and no third time", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Anybody?");
  const turnId = await openTurnOf(talk);
  talks.pass(TIMINGS.debounceMs);
  for (let failure = 0; failure < 3; failure += 1)
    expect(await turns.next(turnId)).toMatchObject({ step: "ask", question: { ask: 1 } });
  await turns.accepted(turnId);
  const until = new Date(talks.clock.at.getTime() + TIMINGS.answerTimeoutMs);
  expect(await turns.next(turnId)).toEqual({ step: "wait", state: "awaiting_reply", until });
  talks.pass(TIMINGS.answerTimeoutMs);
  expect(await turns.next(turnId)).toMatchObject({ step: "ask", question: { ask: 2, turnId } });
  await turns.accepted(turnId);
  talks.pass(TIMINGS.answerTimeoutMs - 1);
  expect((await turns.next(turnId)).step).toBe("wait");
  talks.pass(1);
  expect(await turns.next(turnId)).toEqual({ step: "unanswered" });
});

test("a question that was given up is asked anew when it has a job again, and its answer counts", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Anybody?");
  const turnId = await openTurnOf(talk);
  await ask(turnId);
  talks.pass(TIMINGS.answerTimeoutMs);
  await ask(turnId);
  await giveUp(turnId);
  expect(await stateOf(turnId)).toBe("failed");
  expect(await turns.isStill("awaiting_reply", turnId)).toBe(false);
  const question = await ask(turnId);
  expect(question).toMatchObject({ ask: 1, messages: [{ text: "Anybody?" }] });
  expect(await stateOf(turnId)).toBe("awaiting_reply");
  expect((await answer(turnId, "Here")).value).toBe("queued");
  await giveUp(turnId, new Date(Date.now() + 1_000));
  expect(await stateOf(turnId)).toBe("answered");
});

test("a question that was given up, answered too late and asked anew takes the new answer, once", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Anybody?");
  const turnId = await openTurnOf(talk);
  await ask(turnId);
  await giveUp(turnId);
  expect((await answer(turnId, "too late")).value).toBe("late");
  await ask(turnId);
  expect((await answer(turnId, "in time")).value).toBe("queued");
  expect((await answer(turnId, "in time")).value).toBe("duplicate");
  const kept = (await answersTo(turnId)).map(({ body, status }) => [body, status]);
  expect(Object.fromEntries(kept)).toEqual({ "too late": "suppressed", "in time": "queued" });
});

test("a question that was given up is over where another is asked by now, or a person is in charge", async () => {
  const talk = await talks.meet();
  await talks.hear(talk, "Anybody?");
  const turnId = await openTurnOf(talk);
  await ask(turnId);
  await giveUp(turnId);
  await talks.hear(talk, "Hello?");
  expect(await turns.next(turnId)).toEqual({ step: "over", why: "failed" });
  const second = await openTurnOf(talk);
  await giveUp(second);
  await talks.turnOver(talk, "human");
  expect(await turns.next(second)).toEqual({ step: "over", why: "taken_over" });
  expect(await stateOf(second)).toBe("taken_over");
});

test("in a group nobody asks the AI, and a file is fetched all the same", async () => {
  const group = await talks.meet("whatsapp", "group");
  expect(await talks.hear(group, "Hello all")).toEqual([]);
  expect(await turnsOf(group)).toEqual([]);
  const { tenantId, channel, accountId } = group.thread;
  const place = { tenantId, channel, accountId, conversationId: group.id, externalId: uuidv7() };
  const media = { id: "m-1", mimeType: "image/png" };
  const image = { ...place, media, type: "image", sentAt: talks.clock.at, payload: {} };
  const { followUps } = await talks.write((stores) =>
    stores.messages.add({ ...image, direction: "inbound", status: "received" }),
  );
  expect(followUps).toMatchObject([
    { integration: "whatsapp", role: "media", kind: "media", payload: { channel: "whatsapp" } },
  ]);
});

test("3: a message that comes twice is in one question, and its jobs are told the first time alone", async () => {
  const talk = await talks.meet();
  const { tenantId, channel, accountId } = talk.thread;
  const place = { tenantId, channel, accountId, conversationId: talk.id, externalId: uuidv7() };
  const text = { ...place, type: "text", body: "Hello", sentAt: talks.clock.at, payload: {} };
  const add = () => talks.write((stores) => stores.messages.add({ ...text, direction: "inbound", status: "received" }));
  expect((await add()).followUps).toHaveLength(1);
  talks.pass(1_000);
  expect((await add()).followUps).toEqual([]);
  expect((await ask(await openTurnOf(talk))).messages).toHaveLength(1);
});

test("when two threads become one, what was asked in both is one question, asked anew", async () => {
  const [old, other] = [await talks.meet("telegram"), await talks.meet("telegram")];
  const { accountId } = old.thread;
  const joined: Talk = { ...other, thread: { ...other.thread, accountId } };
  await talks.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  await talks.hear(old, "one");
  await talks.hear(joined, "two");
  const [first, second] = [await openTurnOf(old), await openTurnOf(joined)];
  await ask(first);
  await ask(second);
  const { followUps } = await talks.write((stores) =>
    stores.conversations.migrate("telegram", accountId, old.thread.threadId, joined.thread.threadId),
  );
  expect(followUps).toMatchObject([{ id: `turn.${first}`, wake: true }]);
  expect((await turnsOf(joined)).map(({ state }) => state)).toEqual(["debouncing", "superseded"]);
  // One that was on its way is accepted only now.
  for (const turnId of [first, second]) await turns.accepted(turnId);
  expect(await turns.isStill("awaiting_reply", first)).toBe(false);
  for (const turnId of [first, second]) expect((await answer(turnId, "late")).value).toBe("late");
  expect(await answersTo(first)).toMatchObject([{ error: "the conversation was joined with another, and asks anew" }]);
  await talks.hear(joined, "three");
  talks.pass(10_000);
  const question = await ask(await openTurnOf(joined));
  expect(question).toMatchObject({ turnId: first, epoch: 1, ask: 1, history: [] });
  expect(question.messages.map(({ text }) => text)).toEqual(["one", "two", "three"]);
  const rows = await talks.database.orm
    .select()
    .from(messages)
    .where(inArray(messages.aiTurnId, [first, second]));
  expect(rows.every(({ conversationId }) => conversationId === joined.id)).toBe(true);
});
