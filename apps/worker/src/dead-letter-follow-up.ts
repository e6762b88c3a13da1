import { describeError, type ExhaustedJob, type Logger } from "@millrace/core";
import type { DeadLetterFollowUps } from "@millrace/db";
import type { QueueDefinition } from "@millrace/queue";
import type { RunningCapabilities } from "./capabilities/running.ts";

/** Dependencies of {@link createDeadLetterFollowUp}. */
export type DeadLetterFollowUpDeps = {
  followUps: DeadLetterFollowUps;
  capabilities: Pick<RunningCapabilities, "onDeadLettered">;
  /** The queues that this worker knows. */
  catalogue: readonly QueueDefinition[];
  log: Logger;
};

/**
 * Creates a function that does what follows from a dead letter and records that it has happened. It never rejects: a
 * follow-up that fails stays open, and the reconciler repeats it. Returns whether it has happened.
 */
export function createDeadLetterFollowUp(deps: DeadLetterFollowUpDeps): (job: ExhaustedJob) => Promise<boolean> {
  const { followUps, capabilities, catalogue, log } = deps;
  return async (job) => {
    // During a rolling update a newer worker may have recorded it. That worker knows the queue.
    const definition = catalogue.find(({ name }) => name === job.queue);
    if (!definition) return false;
    try {
      await capabilities.onDeadLettered(definition, job);
      await followUps.complete(job);
      return true;
    } catch (error) {
      const { queue, jobId, correlationId } = job;
      log.warn({ queue, jobId, correlationId, error: describeError(error) }, "dead_letter.follow_up_failed");
      return false;
    }
  };
}
