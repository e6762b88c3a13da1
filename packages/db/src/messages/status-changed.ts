import type { DomainEvent, MessageStatus } from "@millrace/core";
import { messages } from "../schema/messages.ts";

/** The columns that {@link statusChanged} needs of a message, for the `returning` of an update. */
export const CHANGED_MESSAGE = {
  id: messages.id,
  tenantId: messages.tenantId,
  conversationId: messages.conversationId,
  channel: messages.channel,
};

/** The columns of a message that {@link statusChanged} needs. */
export type ChangedMessage = Pick<typeof messages.$inferSelect, keyof typeof CHANGED_MESSAGE>;

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
