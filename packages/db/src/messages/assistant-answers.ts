import { and, eq } from "drizzle-orm";
import type { MessagePart, TurnStore } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversations, messages, turns } from "../schema/index.ts";
import { type Following, turnJob } from "../inbox/follow-up-jobs.ts";
import { queueMessages } from "./outbox.ts";
import { endTurn, holdConversationOf } from "../assistant/debounce.ts";

/** {@link TurnStore} on the tables turns, conversations and messages. */
export function turnStore(tx: Executor, following: Following): TurnStore {
  return {
    async find(turnId) {
      const [row] = await tx
        .select({ conversationId: turns.conversationId, channel: conversations.channel })
        .from(turns)
        .innerJoin(conversations, eq(conversations.id, turns.conversationId))
        .where(eq(turns.id, turnId));
      return row;
    },

    async answer({ turnId, messages: parts, at }) {
      const conversation = await holdConversationOf(tx, turnId);
      const [turn] = await tx.select().from(turns).where(eq(turns.id, turnId));
      if (!turn || !conversation) return "late";
      if (turn.state === "answered") return "repeated";
      const inTime = turn.state === "asked" && turn.epoch === conversation.epoch && conversation.mode === "ai";
      if (!inTime) {
        if (await hasAnswer(tx, turnId)) return "repeated";
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
        following.followUps.push({ ...turnJob(following.assistant.source, turnId, turn.askAt), wake: true });
      return "queued";
    },
  };
}

async function hasAnswer(tx: Executor, turnId: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(and(eq(messages.turnId, turnId), eq(messages.author, "ai")))
    .limit(1);
  return row !== undefined;
}

/** Keeps an answer that came too late, for people to see; it has no place in the order and is never sent. */
async function keepSuppressed(
  tx: Executor,
  { newId }: Following,
  conversation: typeof conversations.$inferSelect,
  turn: typeof turns.$inferSelect,
  parts: readonly MessagePart[],
  at: Date,
): Promise<void> {
  const why = turn.state === "asked" ? "taken_over" : turn.state;
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

const REASONS: Record<"gathering" | "answered" | "superseded" | "taken_over" | "failed", string> = {
  gathering: "the conversation was joined with another, and asks anew",
  answered: "the question was answered before",
  superseded: "a new message came while the AI was thinking",
  taken_over: "a person took over",
  failed: "the answer came after its deadline",
};
