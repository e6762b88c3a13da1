import { and, asc, desc, eq, isNull, ne, notInArray, or } from "drizzle-orm";
import type { AiTurnMessage, Question } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { aiTurns, contacts, conversations, messages } from "../schema/index.ts";

/** How many earlier messages a question contains. */
const HISTORY = 20;

/** Platforms report whole seconds, so several messages, also of one request, can have one time. */
const IN_ORDER = [messages.sentAt, messages.createdAt, messages.requestIndex, messages.id];

/**
 * Builds the question of an AI turn: its inbound messages, the messages before them, and the contact.
 * @param ask how many times the question is dispatched, this time included
 */
export async function questionOf(
  tx: Executor,
  turn: typeof aiTurns.$inferSelect,
  conversation: typeof conversations.$inferSelect,
  ask: number,
): Promise<Question> {
  const [contact] = conversation.contactId
    ? await tx.select().from(contacts).where(eq(contacts.id, conversation.contactId))
    : [];
  const own = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.aiTurnId, turn.id), eq(messages.direction, "inbound")))
    .orderBy(...IN_ORDER.map(asc));
  const earlier = await tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.conversationId, conversation.id),
        or(isNull(messages.aiTurnId), ne(messages.aiTurnId, turn.id)),
        notInArray(messages.status, ["suppressed", "failed"]),
      ),
    )
    .orderBy(...IN_ORDER.map(desc))
    .limit(HISTORY);
  return {
    turnId: turn.id,
    epoch: turn.epoch,
    ask,
    reason: turn.reason,
    conversation: {
      id: conversation.id,
      channel: conversation.channel,
      accountId: conversation.accountId,
      title: conversation.title,
      lastUserMessageAt: conversation.lastUserMessageAt?.toISOString() ?? null,
      modeChangedAt: conversation.modeChangedAt?.toISOString() ?? null,
    },
    contact: contact
      ? {
          id: contact.id,
          name: contact.name,
          username: contact.username,
          phone: contact.phone,
          email: contact.email,
        }
      : null,
    messages: own.map(messageOf),
    history: earlier.toReversed().map(messageOf),
  };
}

function messageOf(row: typeof messages.$inferSelect): AiTurnMessage {
  return {
    id: row.id,
    direction: row.direction,
    author: row.author ?? (row.direction === "inbound" ? "contact" : "person"),
    type: row.type,
    text: row.body,
    media: mediaOf(row.media),
    sentAt: row.sentAt.toISOString(),
  };
}

function mediaOf(media: unknown): AiTurnMessage["media"] {
  if (typeof media !== "object" || media === null) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const { mimeType, filename, stored } = media as Record<string, unknown>;
  const key = typeof stored === "object" && stored !== null && "key" in stored ? text(stored.key) : null;
  return { mimeType: text(mimeType), filename: text(filename), key };
}
