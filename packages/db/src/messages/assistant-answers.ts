import { and, eq } from "drizzle-orm";
import type { MessagePart, AiTurnStore } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversations, messages, aiTurns } from "../schema/index.ts";
import { type EventContext, turnJob } from "../inbox/follow-up-jobs.ts";
import { queueMessages } from "./outbox.ts";
import { endTurn, lockConversationOf } from "../assistant/debounce.ts";

/** {@link AiTurnStore} on the tables turns, conversations and messages. */
export function aiTurnStore(tx: Executor, following: EventContext): AiTurnStore {
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
        await keepSuppressed(tx, following, conversation, turn, parts, at);
        return "late";
      }
      await endTurn(tx, turnId, "answered", following.now());
      const answer = { turnId, epoch: turn.epoch };
      const queued = parts.map((part) => ({ ...part, id: following.newId() }));
      await queueMessages(
        tx,
        following,
        { conversationId: conversation.id, author: "ai", messages: queued, at },
        answer,
      );
      if (following.assistant)
        following.followUps.push({
          ...turnJob(following.assistant.integration, turnId, turn.dispatchAt),
          promote: true,
        });
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

/** Keeps an answer that came too late, for people to see; it has no place in the order and is never sent. */
async function keepSuppressed(
  tx: Executor,
  { newId }: EventContext,
  conversation: typeof conversations.$inferSelect,
  turn: typeof aiTurns.$inferSelect,
  parts: readonly MessagePart[],
  at: Date,
): Promise<void> {
  const why = turn.state === "awaiting_reply" ? "taken_over" : turn.state;
  const rows = parts.map((part) => ({
    id: newId(),
    tenantId: conversation.tenantId,
    conversationId: conversation.id,
    contactId: conversation.contactId,
    channel: conversation.channel,
    accountId: conversation.accountId,
    direction: "outbound" as const,
    author: "ai" as const,
    type: part.type,
    body: part.body ?? null,
    replyTo: part.replyTo ?? null,
    payload: part.content,
    status: "suppressed",
    error: REASONS[why],
    turnId: turn.id,
    epoch: turn.epoch,
    sentAt: at,
  }));
  if (rows.length > 0) await tx.insert(messages).values(rows);
}

const REASONS: Record<"debouncing" | "answered" | "superseded" | "taken_over" | "failed", string> = {
  debouncing: "the conversation was joined with another, and asks anew",
  answered: "the question was answered before",
  superseded: "a new message came while the AI was thinking",
  taken_over: "a person took over",
  failed: "the answer came after its deadline",
};
