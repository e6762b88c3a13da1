import type { MediaReader } from "../domain/media-store.ts";
import type { SentMessage } from "../domain/outbox.ts";
import type { OutgoingFormat } from "../domain/outgoing-format.ts";
import type { Channel, Thread } from "../domain/thread.ts";
import type { Download, Http } from "../http/http.ts";
import type { EventHandler } from "../integration/event-handler.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import type { CapabilityReader } from "./capability-reader.ts";
import {
  DEFAULT_POLICY,
  EXPIRES_AFTER_MS,
  FILE_DEADLINE_MS,
  type QueuePolicies,
  type RetryPolicy,
} from "./queue-policy.ts";

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

/** What a worker runs for a channel that sends. */
export type Sending = {
  /** Processes the requests of the send API. */
  requests: EventHandler;
  outbound: Outbound;
};

/** The capability to send messages on a channel. Its format needs no credentials, so ingest reads it too. */
export type SendCapability = CapabilityReader<Sending> & { format: OutgoingFormat };

/**
 * One worker runs the API requests. The job at the head of the queue is retried in place, so that the next one of its
 * conversation does not overtake it. After 8 attempts in a few seconds it is dead-lettered. An outage of our own Postgres costs no attempt.
 */
const RETRY_IN_PLACE: RetryPolicy = { attempts: 8, baseMs: 50, capMs: 2_000 };

/**
 * The queues of {@link SendCapability}: `requests` has the API requests to send, run by one worker in the order of acceptance;
 * `outbound` has the messages to send, in order per conversation.
 */
export const SEND_QUEUES = {
  requests: {
    ...DEFAULT_POLICY,
    retry: RETRY_IN_PLACE,
    inOrder: true,
    keepCompleted: { ...DEFAULT_POLICY.keepCompleted, count: 100 },
  },
  outbound: { ...DEFAULT_POLICY, deadlineMs: FILE_DEADLINE_MS, expiresAfterMs: EXPIRES_AFTER_MS.send },
} satisfies QueuePolicies;

/** Returns what each channel of the integrations can send. */
export function formatsOf(
  integrations: readonly { capabilities?: { send?: SendCapability } }[],
): readonly OutgoingFormat[] {
  return integrations.flatMap(({ capabilities }) => (capabilities?.send ? [capabilities.send.format] : []));
}
