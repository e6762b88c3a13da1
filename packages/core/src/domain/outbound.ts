import type { z } from "zod";
import type { Now } from "../runtime/clock.ts";
import type { Download, Http } from "../http/http.ts";
import type { Logger } from "../runtime/logger.ts";
import type { MediaReader } from "./media.ts";
import type { Channel, Thread } from "./conversations.ts";
import type { Identity } from "./stores.ts";

/** One message as it will be sent: what its row shows, and what the channel's adapter needs for sending it. */
export type MessagePart = {
  /** text, image, location, …: the row's type. */
  type: string;
  /** The row's text. */
  body?: string | undefined;
  /** The message it answers, by its external id. */
  replyTo?: string | undefined;
  /** What the adapter sends; plain JSON, understood by the channel alone. */
  content: unknown;
};

/** Something done in a chat that is no message: typing, marking as read. */
export type ChatAction = { action: unknown };

/** What can be sent on a channel. */
export type OutgoingFormat = {
  channel: Channel;
  /**
   * A message as callers and the AI write it. Its JSON has a field `type`. It changes nothing of what it lets through,
   * because it is looked at more than once on its way.
   */
  content: z.ZodType;
  /** Takes what passed `content` apart into the messages it becomes (a long text into several), or into an action. */
  parts(content: unknown): readonly MessagePart[] | ChatAction;
};

/** An outgoing message with all that is known when it is sent. */
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
  /** External id of the message it answers. */
  replyTo: string | undefined;
  /** The names that the channel has for the other side, stable ones first. */
  recipients: readonly { externalId: string; stable: boolean }[];
  /** The latest message of the other side by its own time. */
  lastUserMessageAt: Date | undefined;
  /** How often this message was throttled since it last went anywhere. */
  rateLimitHits: number;
};

/** An outgoing action: what it is done in, and what it is. */
export type OutgoingAction = Omit<OutgoingMessage, "content" | "replyTo" | "rateLimitHits"> & { action: unknown };

/** What an outbound adapter is given. */
export type OutboundContext = {
  http: Http;
  download: Download;
  log: Logger;
  now: Now;
  /** Files that were given to us for sending. */
  media: MediaReader;
  /** Fires when the job's deadline has passed, its lock is lost or the worker must stop. */
  signal: AbortSignal;
};

/** A message that the provider has taken. */
export type Sent = {
  /** The provider's id, in the form of the channel's rows. */
  externalId: string;
  /** The thread's new id, where the provider says that it has moved. */
  movedTo?: string | undefined;
  /** Whom it went to, by all names that belong together, where the provider tells one that was not known. */
  recipient?: readonly [Identity, ...Identity[]] | undefined;
};

/** At most one per `intervalMs` in the long run, and up to `burst` at once. */
export type RateLimit = { scope: string; intervalMs: number; burst: number };

/** Where a message belongs, as far as its job tells before its row is read. */
export type OutboundTarget = { accountId: string; conversationId: string };

/** Sends the messages of a channel. */
export type Outbound = {
  /** What the job must wait for when it is held, e.g. `whatsapp:1065` and `whatsapp:1065:<conversation>`. */
  scopes(place: OutboundTarget): readonly string[];
  /** The provider's limits that the message counts for. */
  limits(message: OutgoingMessage): readonly RateLimit[];
  /**
   * How long to wait in ms for the provider to tell of a message whose send is uncertain before it is sent again; 0
   * where the provider has no way to tell.
   */
  reconcileMs: number;
  /** Sends one message. Throws ProviderError only, `uncertain` when the provider may have taken it. */
  send(message: OutgoingMessage, context: OutboundContext): Promise<Sent>;
  /** Does an action. Throws ProviderError only. */
  act(action: OutgoingAction, context: OutboundContext): Promise<void>;
};
