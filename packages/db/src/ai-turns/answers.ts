import { and, eq } from "drizzle-orm";
import type { Channel, MessagePart } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { turnJob } from "../inbox/follow-up-jobs.ts";
import { queueMessages } from "../messages/queue-messages.ts";
import { aiTurns, conversations, messages } from "../schema/index.ts";
import { endTurn, lockConversationOf } from "./open-turn.ts";

type Turn = typeof aiTurns.$inferSelect;

/** The result of an answer: `late` when its turn was superseded, taken over or timed out. */
export type AnswerResult = "queued" | "late" | "duplicate";

/** AI turns: questions to the AI and their answers. */
export type AiTurnStore = {
  /** Returns the conversation of a turn; undefined when there is no such turn. */
  find(turnId: string): Promise<{ conversationId: string; channel: Channel } | undefined>;
  /** Records an answer. Its messages become `queued`, or `suppressed` when the answer is late. */
  answer(answer: { turnId: string; messages: readonly MessagePart[]; at: Date }): Promise<AnswerResult>;
};

/** {@link AiTurnStore} on the tables ai_turns, conversations and messages. */
export function aiTurnStore(tx: Executor, context: EventContext): AiTurnStore {
  return {
    async find(turnId) {
      const [row] = await tx
        .select({ conversationId: aiTurns.conversationId, channel: conversations.channel })
        .from(aiTurns)
        .innerJoin(conversations, eq(conversations.id, aiTurns.conversationId))
        .where(eq(aiTurns.id, turnId));
      return row;
    },

    async answer({ turnId, messages: parts, at }) {
      const conversation = await lockConversationOf(tx, turnId);
      const [turn] = await tx.select().from(aiTurns).where(eq(aiTurns.id, turnId));
      if (!turn || !conversation) return "late";
      if (turn.state === "answered") return "duplicate";
      const inTime = turn.state === "awaiting_reply" && turn.epoch === conversation.epoch && conversation.mode === "ai";
      if (!inTime) {
        if (await hasAnswer(tx, turnId)) return "duplicate";
        const rows = parts.map((part) => suppressedRow(context, conversation, turn, part, at));
        if (rows.length > 0) await tx.insert(messages).values(rows);
        return "late";
      }
      await endTurn(tx, turnId, "answered");
      const answer = { turnId, epoch: turn.epoch };
      const queued = parts.map((part) => ({ ...part, id: context.newId() }));
      await queueMessages(tx, context, { conversationId: conversation.id, author: "ai", messages: queued, at }, answer);
      if (context.assistant)
        context.followUps.push({ ...turnJob(context.assistant.integration, turnId, turn.dispatchAt), promote: true });
      return "queued";
    },
  };
}

async function hasAnswer(tx: Executor, turnId: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(and(eq(messages.aiTurnId, turnId), eq(messages.author, "ai")))
    .limit(1);
  return row !== undefined;
}

/** The row of a late answer: operators can read it, but it has no position and is never sent. */
function suppressedRow(
  { newId }: EventContext,
  conversation: typeof conversations.$inferSelect,
  turn: Turn,
  part: MessagePart,
  at: Date,
): typeof messages.$inferInsert {
  return {
    id: newId(),
    tenantId: conversation.tenantId,
    conversationId: conversation.id,
    contactId: conversation.contactId,
    channel: conversation.channel,
    accountId: conversation.accountId,
    direction: "outbound",
    author: "ai",
    type: part.type,
    body: part.body ?? null,
    replyTo: part.replyTo ?? null,
    payload: part.content,
    status: "suppressed",
    error: LATE_REASONS[turn.state === "awaiting_reply" ? "taken_over" : turn.state],
    aiTurnId: turn.id,
    epoch: turn.epoch,
    sentAt: at,
  };
}

const LATE_REASONS: Record<Exclude<Turn["state"], "awaiting_reply">, string> = {
  debouncing: "the conversation was merged with another, and the AI is asked again",
  answered: "the AI turn was answered before",
  superseded: "a new message came while the AI was thinking",
  taken_over: "a person took over",
  failed: "the answer came after its deadline",
};
