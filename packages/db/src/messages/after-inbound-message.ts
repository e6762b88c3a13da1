import { eq } from "drizzle-orm";
import { contentHash, type Media, type MessageKey, type NewMessage } from "@millrace/core";
import { debounce } from "../ai-turns/debounce.ts";
import type { Executor } from "../connection/database.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { turnJob } from "../inbox/follow-up-jobs.ts";
import { conversations, messages } from "../schema/index.ts";

/** Adds the job that fetches the media of an inbound message and, in a conversation of mode `ai`, the AI turn. */
export async function afterInboundMessage(
  tx: Executor,
  context: EventContext,
  messageId: string,
  message: NewMessage,
): Promise<void> {
  const { channel, media, conversationId } = message;
  if (media) fetchMedia(context, message, media);
  // The AI is not asked on a channel that cannot send its answer, e.g. about a call that has ended.
  if (!context.assistant || !context.formats.some((format) => format.channel === channel)) return;
  const [conversation] = await tx
    .select({
      id: conversations.id,
      tenantId: conversations.tenantId,
      mode: conversations.mode,
      epoch: conversations.epoch,
    })
    .from(conversations)
    .where(eq(conversations.id, conversationId))
    .prepare("find_mode")
    .execute();
  if (!conversation) return;
  const turn =
    conversation.mode === "ai" ? await debounce(tx, context, conversation, context.assistant.timings) : undefined;
  if (turn) context.followUps.push(turnJob(context.assistant.integration, turn.id, turn.dispatchAt));
  await tx
    .update(messages)
    .set({ epoch: conversation.epoch, aiTurnId: turn?.id ?? null })
    .where(eq(messages.id, messageId))
    .prepare("set_epoch_and_turn")
    .execute();
}

/** Adds the job that fetches the file of a message, if the channel can fetch files. */
export function fetchMedia(context: EventContext, key: MessageKey, media: Media): void {
  const { channel, accountId, externalId } = key;
  if (!context.media.has(channel)) return;
  context.followUps.push({
    integration: channel,
    role: "media",
    id: `media.${contentHash([accountId, externalId])}`,
    kind: "media",
    payload: { channel, accountId, externalId, media },
  });
}
