import { conversationStore } from "../conversations/conversations.ts";
import { outboxStore } from "../messages/outbox.ts";
import { messageStore } from "../messages/messages.ts";
import type { Apply } from "./apply.ts";
import { openThread, tenantOf } from "./threads.ts";

/** Writes messages into their conversations. */
export const applyMessages: Apply<"message"> = async (tx, context, facts) => {
  for (const { thread: reference, activity, message, takeover, action } of facts) {
    const { thread, contactId, conversationId } = await openThread(tx, context, reference, activity);
    if (takeover)
      await conversationStore(tx, context).changeMode({ conversationId, mode: "human", at: activity.at, ...takeover });
    const { ofContact, ...columns } = message;
    const { tenantId, channel, accountId } = thread;
    await messageStore(tx, context).add({
      ...columns,
      tenantId,
      channel,
      accountId,
      conversationId,
      contactId: ofContact ? contactId : undefined,
    });
    if (action) await outboxStore(tx, context).act({ ...action, conversationId });
  }
};

/** Records statuses, and moves the messages forward. */
export const applyStatuses: Apply<"status"> = async (tx, context, facts) => {
  for (const { owner, ...status } of facts) {
    await tenantOf(tx, context, owner);
    await messageStore(tx, context).addStatus(status);
  }
};

/** Records edits, revocations and reactions, and changes the messages. */
export const applyMessageChanges: Apply<"message_changed"> = async (tx, context, facts) => {
  for (const { owner, target, change, changeId, at } of facts) {
    if (owner) await tenantOf(tx, context, owner);
    await messageStore(tx, context).addChange(target, { ...change, changeId, at });
  }
};
