import type { DomainEvent, MessageStatus } from "@millrace/core";

/** The columns that the domain event of a status names. */
type ChangedMessage = { id: string; tenantId: string; conversationId: string; channel: string };

/** The domain event of a message that has a new status. */
export function statusChanged(message: ChangedMessage, status: MessageStatus): DomainEvent<"message.status_changed"> {
  const { id, tenantId, conversationId, channel } = message;
  return {
    type: "message.status_changed",
    tenantId,
    subjectId: id,
    payload: { conversationId, channel, status },
  };
}
