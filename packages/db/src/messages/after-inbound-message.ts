import { eq } from "drizzle-orm";
import type { Channel, NewMessage } from "@millrace/core";
import { debounce } from "../ai-turns/debounce.ts";
import type { Executor } from "../connection/database.ts";
import type { EventContext, InboxSettings } from "../inbox/event-context.ts";
import { turnJob } from "../inbox/follow-up-jobs.ts";
import { conversations, messages } from "../schema/index.ts";

/** Whether the AI is asked on a channel: not on one that cannot send its answer, e.g. about a call that has ended. */
export function asksAi(
  { assistant, formats }: Pick<InboxSettings, "assistant" | "formats">,
  channel: Channel,
): boolean {
  return assistant !== undefined && formats.some((format) => format.channel === channel);
}

/** Adds the AI turn of an inbound message in a conversation of mode `ai`. */
export async function afterInboundMessage(
  tx: Executor,
  context: EventContext,
  messageId: string,
  message: NewMessage,
): Promise<void> {
  const { channel, conversationId } = message;
  if (!context.assistant || !asksAi(context, channel)) return;
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
  if (turn?.firstDispatchAt)
    context.followUps.push(turnJob(context.assistant.integration, turn.id, turn.firstDispatchAt));
  await tx
    .update(messages)
    .set({ epoch: conversation.epoch, aiTurnId: turn?.id ?? null })
    .where(eq(messages.id, messageId))
    .prepare("set_epoch_and_turn")
    .execute();
}
