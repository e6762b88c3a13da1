import { asc, eq } from "drizzle-orm";
import { type MessageStatus, uuidv7 } from "@millrace/core";
import { createDeadLetters } from "../src/dead-letters/record.ts";
import { createSendStates } from "../src/messages/send-state.ts";
import { messages } from "../src/schema/index.ts";
import { type TestConversation, useConversations } from "./conversations.ts";

/** Conversations with outbound messages on a database of the test file, and the events that change a message. */
export function useOutboundMessages() {
  const harness = useConversations();
  const rowsOf = ({ id }: TestConversation) =>
    harness.database.orm.select().from(messages).where(eq(messages.conversationId, id)).orderBy(asc(messages.position));

  async function read(messageId: string) {
    const [row] = await harness.database.orm.select().from(messages).where(eq(messages.id, messageId));
    return row;
  }

  const sent = (messageId: string, externalId = uuidv7()) =>
    harness.write((stores) => stores.outbox.markSent(messageId, { externalId }, harness.clock.at));

  const report = ({ thread }: TestConversation, status: MessageStatus, externalId: string, messageId?: string) =>
    harness.write((stores) => {
      const key = { channel: thread.channel, accountId: thread.accountId, externalId };
      return stores.messages.addStatus({ ...key, status, at: harness.clock.at, payload: {}, messageId });
    });

  const fail = (messageId: string, failedAt = new Date(), eventId = `send.${messageId}`) =>
    createDeadLetters(harness.database, uuidv7).record({
      queue: "whatsapp-outbound",
      jobId: eventId,
      integration: "whatsapp",
      eventId,
      kind: "send",
      payload: { messageId },
      errorKind: "permanent",
      error: "no such template",
      attempts: 1,
      correlationId: "c-1",
      receivedAt: failedAt,
      failedAt,
    });

  return { harness, outbox: createSendStates(harness.database, harness.databaseNow), rowsOf, read, sent, report, fail };
}
