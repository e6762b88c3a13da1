import { and, asc, desc, eq, isNull, ne, notInArray, or } from "drizzle-orm";
import type { AiTurnMessage, Question } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { aiTurns, contacts, conversations, messages } from "../schema/index.ts";

/** How many earlier messages a question contains. */
const HISTORY = 20;

/** Platforms report whole seconds, so several messages, also of one request, can have one time; see {@link inOrder}. */
const IN_ORDER = [messages.sentAt, messages.createdAt, messages.requestIndex, messages.id];

type Message = typeof messages.$inferSelect;

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
    messages: inOrder(own).map(messageOf),
    history: inOrder(earlier).map(messageOf),
  };
}

/**
 * Orders messages by their time, then by when ingest received their request first, then by their positions in it. A part of
 * a request can be of a later delivery, when the queue lost its events.
 */
function inOrder(rows: readonly Message[]): readonly Message[] {
  const requestOf = ({ requestId, id }: Message) => requestId ?? id;
  const received = new Map<string, number>();
  for (const row of rows) {
    const earliest = received.get(requestOf(row)) ?? Number.POSITIVE_INFINITY;
    received.set(requestOf(row), Math.min(row.createdAt.getTime(), earliest));
  }
  const receivedOf = (row: Message) => received.get(requestOf(row)) ?? 0;
  return rows.toSorted(
    (one, two) =>
      one.sentAt.getTime() - two.sentAt.getTime() ||
      receivedOf(one) - receivedOf(two) ||
      one.requestIndex - two.requestIndex ||
      (one.id < two.id ? -1 : 1),
  );
}

function messageOf(row: Message): AiTurnMessage {
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
