import type { PausedJob } from "@millrace/core";
import type { QueueBackend } from "../backends/backend.ts";
import { createOpenedQueues } from "../backends/opened-queues.ts";
import { promoteJob } from "../producer/promote-job.ts";

/** Promotes the jobs of paused scopes. */
export type JobPromoter = {
  /**
   * Promotes jobs that are delayed. Returns the jobs that wait for nothing any longer: those that are promoted, and those
   * that are not delayed. A job that still runs is left out, because it may be about to be delayed.
   */
  promote<Job extends PausedJob>(jobs: readonly Job[]): Promise<Job[]>;
  /** How many jobs of a queue can run now and wait for a worker. */
  waiting(queue: string): Promise<number>;
  close(): Promise<void>;
};

/** Creates a promoter that opens each queue on first use. */
export function createJobPromoter(backend: QueueBackend): JobPromoter {
  const queues = createOpenedQueues(backend);
  async function isPromoted({ queue, jobId }: PausedJob): Promise<boolean> {
    const job = await queues.get(queue).getJob(jobId);
    const state = await job?.getState();
    if (job && state === "delayed") await promoteJob(job);
    return state !== "active";
  }
  return {
    async promote(jobs) {
      const promoted = await Promise.all(jobs.map(async (job) => ((await isPromoted(job)) ? [job] : [])));
      return promoted.flat();
    },
    waiting: (queue) => queues.get(queue).getWaitingCount(),
    close: () => queues.close(),
  };
}
