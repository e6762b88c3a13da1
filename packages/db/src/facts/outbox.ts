import { permanent, type SendRequestedFact } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversationStore } from "../conversations/conversations.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { outboxStore } from "../messages/outbox.ts";
import type { Apply } from "./apply.ts";
import { openThread } from "./threads.ts";

/**
 * Queues the messages and chat actions that callers request.
 * @throws ProviderError permanent when the conversation does not exist or belongs to another channel or account
 */
export const applySendRequests: Apply<"send_requested"> = async (tx, context, facts) => {
  const outbox = outboxStore(tx, context);
  for (const fact of facts) {
    const { request, at, takeover } = fact;
    const conversationId = await conversationOf(tx, context, fact);
    if ("action" in request) {
      await outbox.act({ id: request.id, conversationId, action: request.action });
      continue;
    }
    if (takeover) await conversationStore(tx, context).changeMode({ conversationId, mode: "human", at, ...takeover });
    const { messages, expiresAt } = request;
    await outbox.queue({ conversationId, author: "person", messages, at, expiresAt });
  }
};

async function conversationOf(tx: Executor, context: EventContext, { to, at }: SendRequestedFact): Promise<string> {
  if (!("conversationId" in to)) return (await openThread(tx, context, to, { at, byUser: false })).conversationId;
  const { conversationId, channel, accountId } = to;
  const conversation = await conversationStore(tx, context).find(conversationId);
  if (conversation?.channel !== channel)
    throw permanent(`no ${channel} conversation ${conversationId}`, "no_conversation");
  if (accountId !== undefined && conversation.accountId !== accountId)
    throw permanent(`conversation ${conversationId} does not belong to account ${accountId}`, "other_account");
  return conversation.id;
}

/** Records that platforms accepted messages. */
export const applyMessagesSent: Apply<"message_sent"> = async (tx, context, facts) => {
  for (const { messageId, sent, at } of facts) await outboxStore(tx, context).markSent(messageId, sent, at);
};

/** Suppresses AI answers that a takeover invalidated. */
export const applyMessagesSuppressed: Apply<"message_suppressed"> = async (tx, context, facts) => {
  for (const { messageId, reason } of facts) await outboxStore(tx, context).suppress(messageId, reason);
};
