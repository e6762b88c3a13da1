import { and, eq, inArray, sql } from "drizzle-orm";
import { type AiFailureReason, derivedUuid } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { changeMode } from "../conversations/takeover.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { failureReportJob } from "../inbox/follow-up-jobs.ts";
import { queueMessages } from "../messages/queue-messages.ts";
import { aiTurns, type conversations } from "../schema/index.ts";
import { lockConversationOf, OPEN_TURN_STATES } from "./open-turn.ts";

/**
 * Fails an open AI turn: appends `ai_turn.failed`, adds the job that reports it, and takes the conversation over for people
 * with the fallback text, as the settings of the AI require. Does nothing when the turn has ended.
 * @param at when the turn's job failed; a hand-back after it prevents the takeover
 */
export async function failTurn(tx: Executor, context: EventContext, turnId: string, at: Date): Promise<void> {
  const conversation = await lockConversationOf(tx, turnId);
  if (!conversation) return;
  const [failed] = await tx
    .update(aiTurns)
    .set({ state: "failed", endedAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(eq(aiTurns.id, turnId), inArray(aiTurns.state, OPEN_TURN_STATES)))
    .returning({ dispatches: aiTurns.dispatches });
  if (!failed) return;
  const { id: conversationId, tenantId } = conversation;
  const reason: AiFailureReason = failed.dispatches > 0 ? "no_answer" : "not_asked";
  context.domainEvents.push({
    type: "ai_turn.failed",
    tenantId,
    subjectId: turnId,
    payload: { conversationId, reason },
  });
  const { assistant } = context;
  if (assistant?.reportsFailures)
    context.followUps.push(failureReportJob(assistant.integration, { turnId, conversationId, reason }));
  if (!assistant?.onFailure?.handsOver) return;
  const takeover = { conversationId, mode: "human", actor: "Millrace", reason: "ai_failed", at } as const;
  const isTakenOver = await changeMode(tx, context, takeover);
  const { fallbackText } = assistant.onFailure;
  if (isTakenOver && fallbackText !== undefined)
    await queueFallback(tx, context, conversation, { turnId, text: fallbackText, at });
}

/**
 * Queues the fallback text after the takeover, so that the takeover does not suppress it. It has no epoch, so it is sent in
 * mode `human`. A channel that cannot send texts gets none.
 */
async function queueFallback(
  tx: Executor,
  context: EventContext,
  { id: conversationId, channel }: typeof conversations.$inferSelect,
  { turnId, text, at }: { turnId: string; text: string; at: Date },
): Promise<void> {
  const format = context.formats.find((candidate) => candidate.channel === channel);
  const content = format?.content.safeParse({ type: "text", text });
  if (!format || !content?.success) return;
  const parts = format.parts(content.data);
  if ("action" in parts) return;
  // A replay can fail the same turn again: the ids make it the same message.
  const messages = parts.map((part, index) => ({ ...part, id: derivedUuid("fallback", turnId, String(index)) }));
  await queueMessages(tx, context, { conversationId, author: "ai", messages, at });
}
