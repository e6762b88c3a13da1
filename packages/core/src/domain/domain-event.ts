import type { AiFailureReason } from "../capabilities/ai.ts";
import type { Channel } from "./thread.ts";
import type { Sale } from "./conversions.ts";
import type { ParsedEvent } from "./event.ts";
import type { MessageStatus } from "./messages.ts";

/** A sale of a lead or a conversation, with the consent boxes of its row. */
type WonPayload = {
  sale: Sale;
  consents: Readonly<Record<string, boolean>>;
  /** Id of the event that reported the sale. */
  reportedBy: string | undefined;
};

/** The payload of each domain event by its type. Payloads name rows by their ids and contain no personal data. */
export type DomainEventPayloads = {
  /** Subject: the message. */
  "message.received": { conversationId: string; contactId: string | undefined; channel: Channel; type: string };
  /** Subject: the message. */
  "message.status_changed": { conversationId: string; channel: Channel; status: MessageStatus };
  /** Subject: the conversation. */
  "conversation.taken_over": { epoch: number };
  /** Subject: the conversation. */
  "conversation.handed_back": { epoch: number };
  /** Subject: the AI turn. */
  "ai_turn.failed": { conversationId: string; reason: AiFailureReason };
  /** Subject: the lead. */
  "lead.created": { contactId: string; source: string };
  /** Subject: the lead. */
  "lead.won": WonPayload;
  /** Subject: the conversation. */
  "conversation.won": WonPayload;
  /** Subject: the scope. It belongs to no tenant, because accounts of several tenants can share a scope. */
  "account.paused": { reason: string };
};

/** See {@link DomainEventPayloads}. */
export type DomainEventType = keyof DomainEventPayloads;

/** Something that happened to a row, appended in the transaction that caused it. */
export type DomainEvent<Type extends DomainEventType = DomainEventType> = {
  [Each in Type]: {
    type: Each;
    tenantId: string | undefined;
    /** Id of the row, or name of the scope, that the event is about. */
    subjectId: string;
    payload: DomainEventPayloads[Each];
  };
}[Type];

/** The domain events with causes that record their follow-up jobs. The others can also have a cause that records none. */
type SubscribableType = Exclude<DomainEventType, "account.paused" | "message.status_changed">;

/**
 * The domain events that an integration reacts to. Each function is pure and returns the event for the integration's
 * inbound queue, or undefined when there is nothing to do. Its id must derive from the domain event, because a redelivery
 * enqueues the job again.
 */
export type Subscriptions = {
  readonly [Type in SubscribableType]?: (event: DomainEvent<Type>) => ParsedEvent | undefined;
};
