import { type InboundEvent, permanent } from "@millrace/core";
import type { QueueDefinition } from "../catalogue.ts";

/** One run of a job. */
export type JobRun = {
  event: InboundEvent;
  jobId: string;
  /** When the job was added to its queue; for a replay, when it was requeued. */
  enqueuedAt: Date;
  /** How often the job ran before without using an attempt. */
  waits: number;
  /** Aborts when the worker lost the job's lock. */
  lockLost: AbortSignal | undefined;
};

/** When a job is too old to wait for a provider any longer. */
export function expiryOf({ event, enqueuedAt }: JobRun, { expiresAfterMs }: QueueDefinition): Date {
  return event.expiresAt === undefined ? new Date(enqueuedAt.getTime() + expiresAfterMs) : new Date(event.expiresAt);
}

/** The error of a job that waited for a provider until it expired. */
export function expired(reason: string) {
  return permanent(`expired while it waited: ${reason}`, "expired");
}
