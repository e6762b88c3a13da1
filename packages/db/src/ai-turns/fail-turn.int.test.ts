import { eq, sql } from "drizzle-orm";
import { type FollowUp, uuidv7 } from "@millrace/core";
import { expect, test } from "vitest";
import { AT, ASSISTANT, inboundText, SETTINGS, useFacts } from "../../test/facts.ts";
import { failedTurnJob } from "../../test/failed-turn.ts";
import { createDeadLetters } from "../dead-letters/record.ts";
import { createInbox } from "../inbox/inbox.ts";
import { aiTurns, auditLog, domainEvents } from "../schema/index.ts";
import { createAiTurns } from "./next-step.ts";

const { database, apply, open, readConversation, readOutbound } = useFacts();
const inbox = createInbox(database, uuidv7, SETTINGS);
const turns = createAiTurns(database, ASSISTANT.timings, () => AT);

type OnFailure = { handsOver: boolean; fallbackText?: string };

/** Records that the job of an AI turn failed. */
function fail(turnId: string, onFailure: OnFailure, reportsFailures = false, failedAt = new Date()): Promise<boolean> {
  const settings = { ...SETTINGS, assistant: { ...ASSISTANT, onFailure, reportsFailures } };
  return createDeadLetters(database, uuidv7, settings).record(failedTurnJob(turnId, failedAt));
}

const followUpsOf = (turnId: string): Promise<readonly FollowUp[]> =>
  inbox.followUpsOf({ integration: "n8n", id: `turn.${turnId}` });

async function stateOf(turnId: string) {
  const [row] = await database.orm.select().from(aiTurns).where(eq(aiTurns.id, turnId));
  return row?.state;
}

const eventsAbout = async (subjectId: string) => {
  const of = eq(domainEvents.subjectId, subjectId);
  const rows = await database.orm.select().from(domainEvents).where(of);
  return rows.map(({ type, payload }) => ({ type, payload }));
};

const PEOPLE = { handsOver: true, fallbackText: "A colleague will answer you.|Please wait." };

test("a failed AI turn is a domain event, and the AI keeps the conversation unless people shall get it", async () => {
  const { id: conversationId, turnId } = await open();
  await fail(turnId, { handsOver: false });
  expect(await stateOf(turnId)).toBe("failed");
  const payload = { conversationId, reason: "not_asked" };
  expect(await eventsAbout(turnId)).toEqual([{ type: "ai_turn.failed", payload }]);
  expect(await readConversation(conversationId)).toMatchObject({ mode: "ai", epoch: 0 });
  expect(await followUpsOf(turnId)).toEqual([]);
});

test("a failed AI turn hands its conversation over to people, with the fallback text and an audit entry, once", async () => {
  const { id, turnId } = await open();
  await database.orm.update(aiTurns).set({ dispatches: 2 }).where(eq(aiTurns.id, turnId));
  const failedAt = new Date();
  await fail(turnId, PEOPLE, true, failedAt);
  await fail(turnId, PEOPLE, true, failedAt);
  await fail(turnId, PEOPLE, true, new Date(failedAt.getTime() + 1_000));
  expect(await readConversation(id)).toMatchObject({ mode: "human", epoch: 1 });
  const [entry, ...others] = await database.orm.select().from(auditLog).where(eq(auditLog.subject, id));
  expect([entry?.actor, entry?.action, entry?.reason]).toEqual(["Millrace", "conversation.taken_over", "ai_failed"]);
  expect(others).toEqual([]);
  const sent = await readOutbound(id);
  expect(sent).toMatchObject(
    PEOPLE.fallbackText.split("|").map((body) => ({ body, author: "ai", status: "queued", epoch: null })),
  );
  // Postgres lists the jobs, so that they can be enqueued again after the queue lost them.
  const jobs = await followUpsOf(turnId);
  expect(jobs.map(({ id: jobId }) => jobId)).toEqual([
    `failure-report.${turnId}`,
    ...sent.map(({ id: messageId }) => `send.${messageId}`),
  ]);
  expect(jobs[0]?.payload).toEqual({ turnId, conversationId: id, reason: "no_answer" });
  expect((await eventsAbout(turnId)).map(({ type }) => type)).toEqual(["ai_turn.failed"]);
  expect((await eventsAbout(id)).map(({ type }) => type)).toContain("conversation.taken_over");
});

test("the hand-back after such a takeover asks about the messages without an answer, and a replay asks nothing", async () => {
  const { id, thread, turnId } = await open();
  await fail(turnId, PEOPLE);
  expect(await turns.next(turnId)).toEqual({ step: "ended", why: "taken_over" });
  await apply(inboundText(thread));
  await apply({
    fact: "mode",
    change: { conversationId: id, mode: "ai", actor: "Bea", at: new Date(Date.now() + 1_000) },
  });
  const [handBack] = await database.orm
    .select()
    .from(aiTurns)
    .where(sql`${eq(aiTurns.conversationId, id)} and ${eq(aiTurns.state, "debouncing")}`);
  const step = await turns.next(handBack?.id ?? "");
  expect(step).toMatchObject({ step: "ask", question: { reason: "hand_back", messages: [{}, {}] } });
});

test("an AI turn that failed before a hand-back changes no mode", async () => {
  const { id, thread } = await open();
  const at = (ms: number) => new Date(Date.now() + ms);
  await apply({ fact: "mode", change: { conversationId: id, mode: "human", actor: "Bea", at: at(1_000) } });
  await apply({ fact: "mode", change: { conversationId: id, mode: "ai", actor: "Bea", at: at(2_000) } });
  await apply(inboundText(thread));
  const [turn] = await database.orm
    .select()
    .from(aiTurns)
    .where(sql`${eq(aiTurns.conversationId, id)} and ${eq(aiTurns.state, "debouncing")}`);
  await fail(turn?.id ?? "", PEOPLE);
  expect(await readConversation(id)).toMatchObject({ mode: "ai", epoch: 2 });
  expect(await readOutbound(id)).toEqual([]);
  expect(await stateOf(turn?.id ?? "")).toBe("failed");
});
