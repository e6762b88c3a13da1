import type { z } from "zod";
import type { MediaReader } from "../domain/media-store.ts";
import type { MessagePart, SentMessage } from "../domain/outbox.ts";
import type { Channel, Thread } from "../domain/thread.ts";
import type { Download, Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

/** An action in a chat that is no message: typing, marking as read. */
export type ChatAction = { action: unknown };

/** What a channel can send. */
export type OutgoingFormat = {
  channel: Channel;
  /**
   * Validates a message as callers and the AI write it. Its JSON has a field `type`. It transforms nothing, because a
   * message is validated more than once on its way.
   */
  content: z.ZodType;
  /** Turns valid content into the messages to send (a long text becomes several) or into an action. */
  parts(content: unknown): readonly MessagePart[] | ChatAction;
};

/** A message to send, with what the adapter needs at the time of sending. */
export type OutgoingMessage = {
  /** Our id of the message; the same in every attempt. */
  id: string;
  tenantId: string;
  conversationId: string;
  channel: Channel;
  accountId: string;
  threadId: string;
  kind: Thread["kind"];
  /** See {@link MessagePart.content}. */
  content: unknown;
  /** External id of the message that this one replies to. */
  replyTo: string | undefined;
  /** The recipient's identities on the channel, stable ones first. */
  recipients: readonly { externalId: string; stable: boolean }[];
  /** When the contact sent its latest message, by the message's own time. */
  lastUserMessageAt: Date | undefined;
  /** How often the provider rate limited this message since its last successful call. */
  rateLimitHits: number;
};

/** A chat action to perform, with the conversation that it belongs to. */
export type OutgoingAction = Omit<OutgoingMessage, "content" | "replyTo" | "rateLimitHits"> & { action: unknown };

/** The ports that an outbound adapter uses. */
export type OutboundContext = {
  http: Http;
  download: Download;
  log: Logger;
  now: Now;
  /** Files to send. */
  media: MediaReader;
  /** Aborts when the job exceeds its deadline, the job loses its lock, or the worker stops. */
  signal: AbortSignal;
};

/** A rate limit: one message per `intervalMs` on average, and bursts of up to `burst`. */
export type RateLimit = { scope: string; intervalMs: number; burst: number };

/** Where a message belongs, as its job knows it before the worker reads the row. */
export type OutboundTarget = { accountId: string; conversationId: string };

/** Sends the messages of a channel. */
export type Outbound = {
  /** Scopes that pause the job, e.g. `whatsapp:1065` and `whatsapp:1065:<conversation>`. */
  scopes(target: OutboundTarget): readonly string[];
  /** The provider's rate limits that the message counts towards. */
  limits(message: OutgoingMessage): readonly RateLimit[];
  /**
   * How long in ms to wait for the provider to report an uncertain send before the message is sent again; 0 when the
   * provider reports nothing.
   */
  reconcileMs: number;
  /** Sends one message. Throws ProviderError only, `uncertain` when the provider may have accepted the message. */
  send(message: OutgoingMessage, context: OutboundContext): Promise<SentMessage>;
  /** Performs a chat action. Throws ProviderError only. */
  act(action: OutgoingAction, context: OutboundContext): Promise<void>;
};
