import { and, eq, inArray, isNull, ne, notExists, sql } from "drizzle-orm";
import { retryable, type ModeChange } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { conversations, messages, auditLog, aiTurns } from "../schema/index.ts";
import { takeoverLockName } from "./takeover-lock.ts";
import { type EventContext, sendJob, turnJob } from "../inbox/follow-up-jobs.ts";
import { endTurn, OPEN_TURN, openTurn } from "../assistant/debounce.ts";

type Conversation = typeof conversations.$inferSelect;

/** The conversation's row is held meanwhile: what takes longer is tried again, and lets the others have it in between. */
const LONGEST_WAIT = "5s";

/** Changes who answers in a conversation; see ConversationStore.takeOver. */
export async function changeMode(tx: Executor, following: EventContext, takeover: ModeChange): Promise<boolean> {
  const { conversationId, mode, actor, reason } = takeover;
  const [before] = await tx.select().from(conversations).where(eq(conversations.id, conversationId)).for("update");
  if (!before) throw retryable("the conversation was joined with another meanwhile");
  if (isOverruled(takeover, before.modeChangedAt)) return false;
  if (before.mode === mode) {
    // It counts all the same: what was said before it and comes after it must not undo it.
    await tx.update(conversations).set({ modeChangedAt: takeover.at }).where(eq(conversations.id, conversationId));
    return false;
  }
  // An answer that is on its way holds the fence: it arrives before the takeover is there, or not at all.
  await tx.execute(sql`select set_config('lock_timeout', ${LONGEST_WAIT}, true)`);
  await lockNames(tx, [takeoverLockName(conversationId)]);
  await tx.execute(sql`select set_config('lock_timeout', '0', true)`);
  const after = { ...before, mode, epoch: before.epoch + 1 };
  await tx
    .update(conversations)
    .set({ mode, epoch: after.epoch, modeChangedAt: takeover.at, updatedAt: sql`now()` })
    .where(eq(conversations.id, conversationId));
  await tx.insert(auditLog).values({
    id: following.newId(),
    actor,
    action: mode === "human" ? "conversation.taken_over" : "conversation.handed_back",
    subject: conversationId,
    reason: reason ?? null,
    before: { mode: before.mode, epoch: before.epoch },
    after: { mode, epoch: after.epoch },
  });
  await (mode === "human" ? silence(tx, following, after) : handBack(tx, following, before, after));
  return true;
}

/**
 * Whether a later word came first: two requests can change places on their way. Platforms tell the time of a person's
 * message in whole seconds; within one, the person is in charge.
 */
function isOverruled({ mode, at }: ModeChange, changedAt: Date | null): boolean {
  if (changedAt === null) return false;
  const since = changedAt.getTime();
  return at.getTime() < (mode === "human" ? since - (since % 1_000) : since);
}

/** Ends what the AI was asked, and takes back what it answered and is not sent yet. */
async function silence(tx: Executor, following: EventContext, { id, channel }: Conversation): Promise<void> {
  const open = await tx
    .select({ id: aiTurns.id, dispatchAt: aiTurns.dispatchAt })
    .from(aiTurns)
    .where(and(eq(aiTurns.conversationId, id), inArray(aiTurns.state, OPEN_TURN)));
  for (const turn of open) {
    await endTurn(tx, turn.id, "taken_over", following.now());
    if (following.assistant)
      following.followUps.push({
        ...turnJob(following.assistant.integration, turn.id, turn.dispatchAt),
        promote: true,
      });
  }
  // One whose sending is uncertain stays as it is: its job finds out, and does not send it again.
  const taken = await tx
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
  await reopen(
    tx,
    taken.map(({ turnId }) => turnId).filter((turnId) => turnId !== null),
  );
  for (const message of taken)
    following.followUps.push({ ...sendJob({ ...message, channel, conversationId: id }), promote: true });
}

/** Questions whose answers were all taken back are unanswered again, for the hand-back. */
export async function reopen(tx: Executor, turnIds: readonly string[]): Promise<void> {
  if (turnIds.length === 0) return;
  const arrived = tx
    .select({ turnId: messages.aiTurnId })
    .from(messages)
    .where(and(eq(messages.aiTurnId, aiTurns.id), eq(messages.author, "ai"), ne(messages.status, "suppressed")));
  await tx
    .update(aiTurns)
    .set({ state: "taken_over", updatedAt: sql`now()` })
    .where(and(inArray(aiTurns.id, [...turnIds]), eq(aiTurns.state, "answered"), notExists(arrived)));
}

/** Asks the AI with what was said while a person was in charge; nothing is asked when nothing was said. */
async function handBack(
  tx: Executor,
  following: EventContext,
  before: Conversation,
  after: Conversation,
): Promise<void> {
  if (!following.assistant) return;
  const at = following.now();
  const turn = { id: following.newId(), reason: "hand_back" as const, openedAt: at, dispatchAt: at };
  const unanswered = tx
    .select({ id: aiTurns.id })
    .from(aiTurns)
    .where(
      and(eq(aiTurns.conversationId, after.id), eq(aiTurns.state, "taken_over"), eq(aiTurns.epoch, before.epoch - 1)),
    );
  const said = and(
    eq(messages.conversationId, after.id),
    eq(messages.direction, "inbound"),
    sql`(${eq(messages.epoch, before.epoch)} or ${inArray(messages.aiTurnId, unanswered)})`,
  );
  const [first] = await tx.select({ id: messages.id }).from(messages).where(said).limit(1);
  if (!first) return;
  await openTurn(tx, after, turn);
  await tx.update(messages).set({ aiTurnId: turn.id }).where(said);
  following.followUps.push(turnJob(following.assistant.integration, turn.id, turn.dispatchAt));
}
