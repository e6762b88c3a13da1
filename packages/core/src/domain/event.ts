import { z } from "zod";

/** The version of {@link InboundEvent} that this code writes; consumers reject every other version. */
export const EVENT_VERSION = 1;

/**
 * One event at a platform: a message, a status, a lead, an update. A webhook request is parsed into events, and each is
 * a job with its own retries and its own dead letter.
 */
export const inboundEventSchema = z.object({
  v: z.literal(EVENT_VERSION),
  /** Id of the integration that accepted the event, e.g. `whatsapp`. */
  integration: z.string().min(1),
  /**
   * Natural key of the event: unique per integration, and the same however the platform batches or repeats the event.
   * No colon (BullMQ reserves it), at most {@link MAX_EVENT_ID_LENGTH} characters.
   */
  id: z.string().min(1),
  /** The integration's name for it, e.g. `message`, `status`, {@link UNREADABLE}. */
  kind: z.string().min(1),
  correlationId: z.string().min(1),
  /** When ingest accepted the request, ISO 8601 in UTC. */
  receivedAt: z.iso.datetime(),
  /** The earliest time to run the job, ISO 8601 in UTC; absent: immediately. */
  notBefore: z.iso.datetime().optional(),
  /** After this time the job does not wait for a provider, ISO 8601 in UTC; absent: the age limit of its queue applies. */
  expiresAt: z.iso.datetime().optional(),
  /** A scope that the job waits for besides those of its processor, such as the media store of a file to send. */
  waitsFor: z.string().optional(),
  /** The event's position in its webhook request, from 0. */
  index: z.int().min(0).optional(),
  /** Identifies the webhook request, also when the platform delivers it again; absent: it has one event. */
  request: z.uuid().optional(),
  /** Id of the dead letter that the job replays. */
  replayOf: z.uuid().optional(),
  /** The platform's data for this event, not validated. */
  payload: z.unknown(),
});

/** See {@link inboundEventSchema}. */
export type InboundEvent = z.infer<typeof inboundEventSchema>;

/** An event as an integration parses it from a request, without the data of the request. */
export type ParsedEvent = Pick<InboundEvent, "id" | "kind" | "payload">;

/** Kind of an event that no parser can read: the raw content is stored and dead-lettered with the reason. */
export const UNREADABLE = "unreadable";

/** Payload of an {@link UNREADABLE} event. */
export const unreadableSchema = z.object({
  /** Why it is unreadable, without any of the content. */
  reason: z.string(),
  /** The body, or its unreadable part, as it arrived; invalid UTF-8 in base64. */
  raw: z.unknown(),
});
