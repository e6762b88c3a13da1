import type { PausedJob } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";

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
  const queues = new Map<string, JobQueue>();
  const queueOf = (name: string): JobQueue => {
    const queue = queues.get(name) ?? backend.queue(name);
    queues.set(name, queue);
    return queue;
  };
  async function isPromoted({ queue, jobId }: PausedJob): Promise<boolean> {
    const job = await queueOf(queue).getJob(jobId);
    if (!job) return true;
    const state = await job.getState();
    if (state !== "delayed") return state !== "active";
    // Another worker may have promoted the job after the check.
    return job.promote().then(
      () => true,
      async (error: unknown) => {
        if (await job.isDelayed()) throw error;
        return true;
      },
    );
  }
  return {
    async promote(jobs) {
      const promoted = await Promise.all(jobs.map(async (job) => ((await isPromoted(job)) ? [job] : [])));
      return promoted.flat();
    },
    waiting: (queue) => queueOf(queue).getWaitingCount(),
    async close() {
      for (const queue of queues.values()) await queue.close();
    },
  };
}
