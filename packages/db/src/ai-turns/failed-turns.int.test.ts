import { asc, eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { useConversations, type TestConversation, textMessage, TIMINGS } from "../../test/conversations.ts";
import { failedTurnJob } from "../../test/failed-turn.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { aiTurns, conversations, messages } from "../schema/index.ts";
import { createAiTurns } from "./next-step.ts";

const harness = useConversations();
const turns = createAiTurns(harness.database, TIMINGS, () => harness.clock.at);

async function openTurnOf({ id }: TestConversation): Promise<string> {
  const rows = await harness.database.orm.select().from(aiTurns).where(eq(aiTurns.conversationId, id));
  return rows.find(({ state }) => state === "debouncing" || state === "awaiting_reply")?.id ?? "";
}

async function ask(turnId: string) {
  harness.advance(TIMINGS.debounceMs);
  const step = await turns.next(turnId);
  if (step.step !== "ask") throw new Error(`it is not asked: ${step.step}`);
  await turns.markDispatched(turnId);
  return step.question;
}

/** Receives a text, asks the AI, and fails the turn. Returns the turn's id. */
async function failOn(conversation: TestConversation, text: string): Promise<string> {
  await harness.receive(conversation, text);
  const turnId = await openTurnOf(conversation);
  await ask(turnId);
  await fail(turnId);
  return turnId;
}

const fail = (turnId: string) => createDeadLetters(harness.database, uuidv7).record(failedTurnJob(turnId));

const textsOf = (question: { messages: readonly { text: string | null }[] }) =>
  question.messages.map(({ text }) => text);

test("9: a replayed AI turn is superseded once a person or the AI has sent a message since", async () => {
  for (const by of ["person", "ai"] as const) {
    const conversation = await harness.open();
    const turnId = await failOn(conversation, "Anybody?");
    const messages = [textMessage("Here I am")];
    const queued = { conversationId: conversation.id, author: by, messages, at: harness.clock.at };
    await harness.write((stores) => stores.outbox.queue(queued));
    expect(await turns.next(turnId)).toEqual({ step: "ended", why: "superseded" });
    expect(await turns.next(turnId)).toEqual({ step: "ended", why: "superseded" });
  }
});

test("9: a message that was not sent does not supersede a replayed AI turn", async () => {
  const conversation = await harness.open();
  const turnId = await failOn(conversation, "Anybody?");
  const [sent = ""] = await harness.send(conversation, "Here I am");
  await harness.database.orm.update(messages).set({ status: "failed" }).where(eq(messages.id, sent));
  expect(textsOf(await ask(turnId))).toEqual(["Anybody?"]);
});

test("9: of several failed AI turns, a replay asks once, about all messages that no one answered", async () => {
  const conversation = await harness.open();
  const [first, second, third] = [
    await failOn(conversation, "one"),
    await failOn(conversation, "two"),
    await failOn(conversation, "three"),
  ];
  for (const turnId of [first, second]) expect(await turns.next(turnId)).toEqual({ step: "ended", why: "superseded" });
  expect(textsOf(await ask(third))).toEqual(["one", "two", "three"]);
});

test("the messages of a failed AI turn are asked about with the next message, unless they were answered since", async () => {
  const conversation = await harness.open();
  await failOn(conversation, "one");
  await harness.receive(conversation, "two");
  expect(textsOf(await ask(await openTurnOf(conversation)))).toEqual(["one", "two"]);

  const answered = await harness.open();
  await failOn(answered, "one");
  await harness.send(answered, "Here I am");
  await harness.receive(answered, "two");
  const question = await ask(await openTurnOf(answered));
  expect(textsOf(question)).toEqual(["two"]);
  expect(question.history.map(({ text }) => text)).toEqual(["one", "Here I am"]);
});

test("a hand-back asks about the messages of AI turns that failed before the takeover, unless they were answered", async () => {
  const conversation = await harness.open();
  await failOn(conversation, "answered");
  await harness.send(conversation, "Here I am");
  await failOn(conversation, "failed");
  await harness.changeMode(conversation, "human");
  await harness.receive(conversation, "to the person");
  await harness.changeMode(conversation, "ai");
  expect(textsOf(await ask(await openTurnOf(conversation)))).toEqual(["failed", "to the person"]);
  const states = await harness.database.orm
    .select({ state: aiTurns.state })
    .from(aiTurns)
    .where(eq(aiTurns.conversationId, conversation.id))
    .orderBy(asc(aiTurns.openedAt));
  expect(states.map(({ state }) => state)).toEqual(["failed", "taken_over", "awaiting_reply"]);
});

/** Opens two conversations on one account and merges the first into the second. */
async function mergeAfter(prepare: (old: TestConversation, kept: TestConversation) => Promise<void>) {
  const [old, other] = [await harness.open("telegram"), await harness.open("telegram")];
  const { accountId } = old.thread;
  const kept: TestConversation = { ...other, thread: { ...other.thread, accountId } };
  await harness.database.orm.update(conversations).set({ accountId }).where(eq(conversations.id, other.id));
  await prepare(old, kept);
  await harness.write((stores) =>
    stores.conversations.migrate("telegram", accountId, old.thread.threadId, kept.thread.threadId),
  );
  return kept;
}

test("17: a merge keeps a failed AI turn, so that a replay asks about its messages", async () => {
  let turnId = "";
  await mergeAfter(async (old) => {
    turnId = await failOn(old, "one");
  });
  expect(textsOf(await ask(turnId))).toEqual(["one"]);
});

test("17: after a merge with a conversation of a person, the hand-back asks about the messages of failed AI turns", async () => {
  const kept = await mergeAfter(async (old, other) => {
    await failOn(old, "one");
    await harness.changeMode(other, "human");
  });
  await harness.changeMode(kept, "ai");
  expect(textsOf(await ask(await openTurnOf(kept)))).toEqual(["one"]);
});
