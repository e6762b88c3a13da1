import type { Click } from "./conversions.ts";
import type { MessagePart, Sent } from "./outbound.ts";

/** Chat platforms that conversations take place on. */
export type Channel = "whatsapp" | "telegram";

/** Where a message belongs. */
export type Thread = {
  tenantId: string;
  channel: Channel;
  /** The account of ours: phone_number_id, bot. */
  accountId: string;
  /** The platform's chat or group id; on a channel without chats, the contact's id. */
  threadId: string;
  kind: "direct" | "group" | "channel";
  /** The person, where the thread is with one. */
  contactId?: string | undefined;
  title?: string | undefined;
};

/**
 * What just happened in a thread; `byUser` when the other side did it, which opens WhatsApp's 24-hour window. `click` is
 * what they wrote with.
 */
export type Activity = { at: Date; byUser: boolean; click?: Click | undefined };

/** Who answers in a conversation: the AI, or a person who took over. */
export type ConversationMode = "ai" | "human";

/** A change of who answers. */
export type ModeChange = {
  conversationId: string;
  mode: ConversationMode;
  /** Who did it, and why. */
  actor: string;
  reason?: string | undefined;
  at: Date;
};

/** Threads of messages, each with a case. */
export type ConversationStore = {
  /** A conversation by its id; undefined when there is none. */
  find(
    id: string,
  ): Promise<(Thread & { mode: ConversationMode; epoch: number; click?: Click | undefined }) | undefined>;
  /**
   * Changes who answers and raises the conversation's epoch, which takes back every AI answer that was asked for
   * before and is not sent yet. Waits until one that is on its way has arrived. Handing back asks the AI with what was
   * said meanwhile. False when it is in that mode already, or was changed after `at`.
   */
  changeMode(takeover: ModeChange): Promise<boolean>;
  /** The conversation of a thread, made when there is none, and never without an open case. Returns its id. */
  open(thread: Thread, activity: Activity): Promise<string>;
  /** The other side did something that is no message, such as a reaction: a conversation that is there knows when. */
  recordUserActivity(thread: Thread, at: Date): Promise<void>;
  /**
   * The thread goes on under another id (Telegram's group to supergroup), also when it has no conversation yet. What
   * came under the new id already is joined, and what still comes under the old one belongs to the new.
   */
  migrate(channel: Channel, accountId: string, fromThreadId: string, toThreadId: string): Promise<void>;
  /**
   * Records whether messages can still reach the other side (a user blocked or unblocked us), also of a thread that has
   * no conversation yet; the latest `at` wins, of two `true`.
   */
  setReachable(channel: Channel, accountId: string, threadId: string, reachable: boolean, at: Date): Promise<void>;
};

/** Media as the platform announces it; fetched by a job of its own. */
export type Media = {
  /** The platform's id for fetching it. */
  id: string;
  mimeType?: string | undefined;
  /** SHA-256 as the platform gives it (base64 or hex). */
  sha256?: string | undefined;
  filename?: string | undefined;
  sizeBytes?: number | undefined;
  /** A voice note, an animated sticker. */
  flavour?: string | undefined;
};

/** A message, whoever wrote it. */
export type NewMessage = {
  conversationId: string;
  tenantId: string;
  channel: Channel;
  accountId: string;
  /** The platform's id, unique per channel and account. */
  externalId: string;
  direction: "inbound" | "outbound";
  contactId?: string | undefined;
  /** text, image, location, …; `unsupported` for what we have no name for. */
  type: string;
  body?: string | undefined;
  media?: Media | undefined;
  /** The message it answers. */
  replyTo?: string | undefined;
  sentAt: Date;
  /** The platform's own object, kept whole. */
  payload: unknown;
  status: MessageStatus | "received";
};

/** States of an outbound message, in the order they are gone through; `failed` and `suppressed` end it. */
export const MESSAGE_STATUSES = [
  "queued",
  "sending",
  "sent",
  "delivered",
  "read",
  "played",
  "suppressed",
  "failed",
] as const;
/** See {@link MESSAGE_STATUSES}. */
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** Names a message at its platform. */
export type MessageKey = { channel: Channel; accountId: string; externalId: string };

/** Something that happened to a message later; may arrive before the message itself. */
export type MessageChange =
  | { kind: "edit"; body: string | undefined; payload: unknown }
  | { kind: "revoke" }
  /** An absent emoji takes the reaction back. */
  | { kind: "reaction"; actor: string; emoji: string | undefined };

/** Messages, what became of them and what was done to them. */
export type MessageStore = {
  /** Writes a message once; statuses and changes that came before it are applied to it. */
  add(message: NewMessage): Promise<void>;
  /**
   * Keeps a status and moves the message forward, never back. In a group, `participant` tells whose it is.
   */
  addStatus(
    status: MessageKey & {
      status: MessageStatus;
      at: Date;
      participant?: string | undefined;
      error?: { code: string; title?: string | undefined } | undefined;
      payload: unknown;
      /** Our own id of the message, where the platform gives it back: the message is found by it before it has another. */
      messageId?: string | undefined;
    },
  ): Promise<void>;
  /** Keeps a change under its own id and applies it; of several, the latest `at` wins in whatever order they come. */
  addChange(target: MessageKey, change: MessageChange & { changeId: string; at: Date }): Promise<void>;
};

/** Messages to send, in this order. */
export type QueuedMessages = {
  conversationId: string;
  /** `person` stands for everybody who calls the send API. */
  author: "ai" | "person";
  /** Our ids of the messages, one per part. */
  messages: readonly (MessagePart & { id: string })[];
  at: Date;
};

/** Messages on their way out. */
export type OutboxStore = {
  /**
   * Writes messages as `queued`, each with its place in the conversation's order and a job of its own.
   * @throws ProviderError permanent when there is another message under one of the ids
   */
  queue(messages: QueuedMessages): Promise<void>;
  /** Has an action done in a conversation, in no order with its messages. `id` is unique. */
  act(action: { id: string; conversationId: string; action: unknown }): Promise<void>;
  /** The platform has taken a message. What it has told of it already is applied. */
  markSent(messageId: string, sent: Sent, at: Date): Promise<void>;
  /** A message is not sent any more: its answer came from before a takeover. */
  suppress(messageId: string, reason: string): Promise<void>;
};

/** What became of an answer: `late` when it was superseded, taken over, or given up before. */
export type AnswerResult = "queued" | "late" | "duplicate";

/** Questions to the AI and what became of them. */
export type AiTurnStore = {
  /** The conversation that a turn belongs to; undefined when there is no such turn. */
  find(turnId: string): Promise<{ conversationId: string; channel: Channel } | undefined>;
  /** Takes an answer: queues its messages, or keeps them as `suppressed` when it comes too late. */
  answer(answer: { turnId: string; messages: readonly MessagePart[]; at: Date }): Promise<AnswerResult>;
};
