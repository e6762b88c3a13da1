import { eq } from "drizzle-orm";
import { contentHash, type NewMessage } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversations, messages } from "../schema/index.ts";
import { type EventContext, turnJob } from "../inbox/follow-up-jobs.ts";
import { debounce } from "./debounce.ts";

/** What follows from a message of the other side: its file is fetched, and in an `ai` conversation the AI is asked. */
export async function afterInboundMessage(
  tx: Executor,
  following: EventContext,
  messageId: string,
  message: NewMessage,
): Promise<void> {
  const { channel, accountId, externalId, media, conversationId } = message;
  if (media && following.media.has(channel)) {
    following.followUps.push({
      integration: channel,
      role: "media",
      id: `media.${contentHash([accountId, externalId])}`,
      kind: "media",
      payload: { channel, accountId, externalId, media },
    });
  }
  if (!following.assistant) return;
  const [conversation] = await tx
    .select({
      id: conversations.id,
      tenantId: conversations.tenantId,
      mode: conversations.mode,
      epoch: conversations.epoch,
    })
    .from(conversations)
    .where(eq(conversations.id, conversationId))
    .prepare("mode_of_conversation")
    .execute();
  if (!conversation) return;
  const turn =
    conversation.mode === "ai" ? await debounce(tx, following, conversation, following.assistant.timings) : undefined;
  if (turn) following.followUps.push(turnJob(following.assistant.integration, turn.id, turn.dispatchAt));
  await tx
    .update(messages)
    .set({ epoch: conversation.epoch, aiTurnId: turn?.id ?? null })
    .where(eq(messages.id, messageId))
    .prepare("note_message")
    .execute();
}
