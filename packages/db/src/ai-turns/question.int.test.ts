import { and, eq, inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { uuidv7 } from "@millrace/core";
import { type TestConversation, TIMINGS, useConversations } from "../../test/conversations.ts";
import { aiTurns } from "../schema/index.ts";
import { createAiTurns } from "./next-step.ts";
import { OPEN_TURN_STATES } from "./open-turn.ts";

const harness = useConversations();
const turns = createAiTurns(harness.database, TIMINGS, () => harness.clock.at, harness.databaseNow);

/** Dispatches the open AI turn of a conversation, and returns its question. */
async function ask({ id }: TestConversation) {
  const isOpen = and(eq(aiTurns.conversationId, id), inArray(aiTurns.state, OPEN_TURN_STATES));
  const [turn] = await harness.database.orm.select().from(aiTurns).where(isOpen);
  harness.advance(TIMINGS.debounceMs);
  const step = await turns.next(turn?.id ?? "");
  if (step.step !== "ask") throw new Error(`it is not asked: ${step.step}`);
  await turns.markDispatched(step.question.turnId);
  return step.question;
}

test("5: a question keeps the order of a request of which a later delivery brings a part", async () => {
  const conversation = await harness.open();
  const at = harness.clock.at;
  const minute = (count: number) => new Date(at.getTime() + count * 60_000);
  const request = uuidv7();
  await harness.receive(conversation, "b", at, minute(1), { request, index: 1 });
  await harness.receive(conversation, "later", at, minute(2), { index: 0 });
  await harness.receive(conversation, "c", at, minute(3), { request, index: 2 });
  await harness.receive(conversation, "a", at, minute(3), { request, index: 0 });
  const { turnId, messages } = await ask(conversation);
  expect(messages.map(({ text }) => text)).toEqual(["a", "b", "c", "later"]);
  await harness.write((stores) => stores.aiTurns.answer({ turnId, messages: [], at: harness.clock.at }));
  await harness.receive(conversation, "next");
  const { history } = await ask(conversation);
  expect(history.map(({ text }) => text)).toEqual(["a", "b", "c", "later"]);
});
