import type { Identity } from "./contacts.ts";

/** One message to send: what its row shows, and what the channel's adapter needs to send it. */
export type MessagePart = {
  /** The row's type: text, image, location, … */
  type: string;
  /** The row's text. */
  body?: string | undefined;
  /** External id of the message that this one replies to. */
  replyTo?: string | undefined;
  /** Plain JSON that only the channel's adapter reads. */
  content: unknown;
};

/** Messages to send, in this order. */
export type QueuedMessages = {
  conversationId: string;
  /** `person` is every caller of the send API. */
  author: "ai" | "person";
  /** One message per part, each under our own id. */
  messages: readonly (MessagePart & { id: string })[];
  at: Date;
  /** After this time the messages must not be sent. */
  expiresAt?: Date | undefined;
};

/** A message that the provider accepted. */
export type SentMessage = {
  /** The provider's id, in the form of the channel's rows. */
  externalId: string;
  /** The thread's new id, if the provider reports that the thread moved. */
  movedTo?: string | undefined;
  /** The recipient's identities, if the provider reports one that was unknown. */
  recipient?: readonly [Identity, ...Identity[]] | undefined;
};
