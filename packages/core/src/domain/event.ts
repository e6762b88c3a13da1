import { z } from "zod";

/** The version of {@link InboundEvent} that this code writes; consumers refuse any other. */
export const EVENT_VERSION = 1;

/**
 * One thing that happened at a platform: a message, a status, a lead, an update. A webhook request is split into
 * these, and each is a job of its own with a fate of its own.
 */
export const inboundEventSchema = z.object({
  v: z.literal(EVENT_VERSION),
  /** Id of the integration that took it in, e.g. `whatsapp`. */
  integration: z.string().min(1),
  /**
   * Natural key of the event, unique per integration and the same however the platform batches or repeats it.
   * No colon (BullMQ keeps it for itself), at most {@link MAX_EVENT_ID_LENGTH} characters.
   */
  id: z.string().min(1),
  /** What it is, in the integration's own words, e.g. `message`, `status`, {@link UNREADABLE}. */
  kind: z.string().min(1),
  correlationId: z.string().min(1),
  /** When the request was taken in, ISO 8601 in UTC. */
  receivedAt: z.iso.datetime(),
  /** When it may be worked on at the earliest, ISO 8601 in UTC; absent: at once. */
  notBefore: z.iso.datetime().optional(),
  /** The dead letter that it is replayed from. */
  replayOf: z.uuid().optional(),
  /** The platform's own data for this one event, before any schema has seen it. */
  payload: z.unknown(),
});

/** See {@link inboundEventSchema}. */
export type InboundEvent = z.infer<typeof inboundEventSchema>;

/** What an integration makes of a request: events that do not yet know the request they came in. */
export type ParsedEvent = Pick<InboundEvent, "id" | "kind" | "payload">;

/** Kind of an event whose body (or part of it) no one can read: kept raw, then dead-lettered with the reason. */
export const UNREADABLE = "unreadable";

/** Payload of an {@link UNREADABLE} event. */
export const unreadableSchema = z.object({
  /** Why it could not be read; holds nothing of the body. */
  reason: z.string(),
  /** The body, or the part that could not be read, as it came; invalid UTF-8 is in base64. */
  raw: z.unknown(),
});

/**
 * What a queue of an integration is for:
 * `inbound` what platforms post · `requests` what callers ask us to send, one at a time in the order of their
 * acceptance · `outbound` the messages themselves, in order per conversation · `media` files to fetch · `turns`
 * questions to the AI · `uploads` batches of conversions to send, and later to ask after.
 */
export const QUEUE_ROLES = ["inbound", "requests", "outbound", "media", "ai-turns", "uploads"] as const;
/** See {@link QUEUE_ROLES}. */
export type QueueRole = (typeof QUEUE_ROLES)[number];

/**
 * A job that follows from an event: enqueued after the event's effects are committed, and again whenever the event
 * comes again, under an id that is derived from the event's.
 */
export type FollowUp = ParsedEvent & {
  /** Integration whose queue it goes into. */
  integration: string;
  role: QueueRole;
  /** ISO 8601 in UTC; absent: at once. */
  notBefore?: string | undefined;
  /** The job is there already and waits for a later time: it is done now. */
  promote?: boolean | undefined;
};
