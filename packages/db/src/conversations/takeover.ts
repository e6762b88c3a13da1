import { and, eq, inArray, isNull, ne, notExists, sql } from "drizzle-orm";
import { retryable, type ModeChange } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { aiTurns, auditLog, conversations, messages } from "../schema/index.ts";
import { statusChanged } from "../messages/status-changed.ts";
import { conversationIdOf } from "./aliases.ts";
import { lockOutAnswers } from "./takeover-lock.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { sendJob, turnJob } from "../inbox/follow-up-jobs.ts";
import { endTurn, OPEN_TURN_STATES, openTurn } from "../ai-turns/open-turn.ts";
import { takeOverFailedTurns } from "../ai-turns/failed-turns.ts";

type Conversation = typeof conversations.$inferSelect;

/**
 * Takes a conversation over for a person, or hands it back to the AI. Returns false when the mode stays as it is.
 * @throws ProviderError retryable when the conversation is merged with another at this moment
 */
export async function changeMode(tx: Executor, context: EventContext, change: ModeChange): Promise<boolean> {
  const { mode, actor, reason } = change;
  const named = eq(conversations.id, conversationIdOf(change.conversationId));
  const [before] = await tx.select().from(conversations).where(named).for("update");
  if (!before) throw retryable("the conversation was merged with another meanwhile");
  const conversationId = before.id;
  if (isOutdated(change, before.modeChangedAt)) return false;
  if (before.mode === mode) {
    // Record its time, so that an older change that arrives later cannot undo it.
    await tx.update(conversations).set({ modeChangedAt: change.at }).where(eq(conversations.id, conversationId));
    return false;
  }
  // An AI answer that is being sent holds the lock: it is sent before the takeover commits, or not at all.
  await lockOutAnswers(tx, [conversationId]);
  const after = { ...before, mode, epoch: before.epoch + 1 };
  await tx
    .update(conversations)
    .set({ mode, epoch: after.epoch, modeChangedAt: change.at, updatedAt: sql`now()` })
    .where(eq(conversations.id, conversationId));
  await tx.insert(auditLog).values({
    id: context.newId(),
    actor,
    action: mode === "human" ? "conversation.taken_over" : "conversation.handed_back",
    subject: conversationId,
    reason: reason ?? null,
    before: { mode: before.mode, epoch: before.epoch },
    after: { mode, epoch: after.epoch },
  });
  context.domainEvents.push({
    type: mode === "human" ? "conversation.taken_over" : "conversation.handed_back",
    tenantId: before.tenantId,
    subjectId: conversationId,
    payload: { epoch: after.epoch },
  });
  await (mode === "human" ? withdrawAnswers(tx, context, after) : handBack(tx, context, before, after));
  return true;
}

/**
 * Whether a later change was processed first. Platforms report the time of a person's message in whole seconds; within
 * one second, the takeover wins.
 */
function isOutdated({ mode, at }: ModeChange, changedAt: Date | null): boolean {
  if (changedAt === null) return false;
  const since = changedAt.getTime();
  return at.getTime() < (mode === "human" ? since - (since % 1_000) : since);
}

/** Ends the open AI turns and suppresses AI answers that are not sent yet. */
async function withdrawAnswers(
  tx: Executor,
  context: EventContext,
  { id, tenantId, channel, epoch }: Conversation,
): Promise<void> {
  const open = await tx
    .select({ id: aiTurns.id, dispatchAt: aiTurns.dispatchAt })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, id), inArray(aiTurns.state, OPEN_TURN_STATES)));
  for (const turn of open) {
    await endTurn(tx, turn.id, "taken_over");
    if (context.assistant)
      context.followUps.push({
        ...turnJob(context.assistant.integration, turn.id, turn.dispatchAt),
        promote: true,
      });
  }
  await takeOverFailedTurns(tx, id, epoch - 1);
  // An answer with an uncertain send keeps its status: its job asks the provider and does not send it again.
  const suppressed = await tx
    .update(messages)
    .set({ status: "suppressed", error: "a person took over", updatedAt: sql`now()` })
    .where(
      and(
        eq(messages.conversationId, id),
        eq(messages.author, "ai"),
        inArray(messages.status, ["queued", "sending"]),
        isNull(messages.attemptedAt),
      ),
    )
    .returning({ id: messages.id, accountId: messages.accountId, turnId: messages.aiTurnId });
  await reopenTurns(
    tx,
    suppressed.map(({ turnId }) => turnId).filter((turnId) => turnId !== null),
  );
  for (const message of suppressed) {
    context.domainEvents.push(statusChanged({ id: message.id, tenantId, conversationId: id, channel }, "suppressed"));
    context.followUps.push({ ...sendJob({ ...message, channel, conversationId: id }), promote: true });
  }
}

/** Moves AI turns without any answer left to `taken_over`, so that the next hand-back asks about their messages. */
export async function reopenTurns(tx: Executor, turnIds: readonly string[]): Promise<void> {
  if (turnIds.length === 0) return;
  const remaining = tx
    .select({ turnId: messages.aiTurnId })
    .from(messages)
    .where(and(eq(messages.aiTurnId, aiTurns.id), eq(messages.author, "ai"), ne(messages.status, "suppressed")));
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", updatedAt: sql`now()` })
    .where(and(inArray(aiTurns.id, [...turnIds]), eq(aiTurns.state, "answered"), notExists(remaining)));
}

/** Opens an AI turn about the messages that arrived in mode `human` or had no answer before; none when there are none. */
async function handBack(tx: Executor, context: EventContext, before: Conversation, after: Conversation): Promise<void> {
  if (!context.assistant) return;
  const turn = { id: context.newId(), reason: "hand_back" as const, waitMs: 0 };
  const withoutAnswer = tx
    .select({ id: aiTurns.id })
    .from(aiTurns)
    .where(
      and(eq(aiTurns.conversationId, after.id), eq(aiTurns.state, "taken_over"), eq(aiTurns.epoch, before.epoch - 1)),
    );
  const isPending = and(
    eq(messages.conversationId, after.id),
    eq(messages.direction, "inbound"),
    sql`(${eq(messages.epoch, before.epoch)} or ${inArray(messages.aiTurnId, withoutAnswer)})`,
  );
  const [first] = await tx.select({ id: messages.id }).from(messages).where(isPending).limit(1);
  if (!first) return;
  await openTurn(tx, context.databaseNow, after, turn);
  await tx.update(messages).set({ aiTurnId: turn.id }).where(isPending);
  context.followUps.push(turnJob(context.assistant.integration, turn.id, context.now()));
}
