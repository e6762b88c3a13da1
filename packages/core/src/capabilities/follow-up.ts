import type { ParsedEvent } from "../domain/event.ts";
import type { QueueRole } from "./index.ts";

/**
 * A job that follows from an event. It is enqueued after the event's effects are committed, and again whenever the event
 * is delivered again, under an id that is derived from the event's id.
 */
export type FollowUp = ParsedEvent & {
  /** Integration of the job's queue. */
  integration: string;
  role: QueueRole;
  /** ISO 8601 in UTC; absent: immediately. */
  notBefore?: string | undefined;
  /** After this time the job does not wait for a provider, ISO 8601 in UTC; absent: the age limit of its queue applies. */
  expiresAt?: string | undefined;
  /** The job runs now: it is promoted if it is delayed, and enqueued if the queue has lost it. */
  promote?: boolean | undefined;
};
