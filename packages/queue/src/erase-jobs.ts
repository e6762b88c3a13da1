import type { Job } from "bullmq";
import type { JobQueue, QueueBackend } from "./backend.ts";
import type { QueueDefinition } from "./catalogue.ts";

/** Jobs read at a time. */
const PAGE = 200;

/** Where a job can be removed, in the order in which jobs go; waiting once more for those that were given back. */
const PLACES = ["waiting", "prioritized", "delayed", "failed", "completed", "waiting"] as const;

/** Says of a job by the integration of its queue and its data whether it is meant. */
export type JobMatch = (source: string, data: unknown) => boolean;

/**
 * Removes the jobs that `matches` says, wherever they are, and BullMQ's log of all that happened. One that is
 * being worked on is left to its end, and counted: look again when it is over.
 * @param dryRun only counts
 */
export async function eraseJobs(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
  dryRun = false,
): Promise<{ removed: number; active: number }> {
  const sum = { removed: 0, active: 0 };
  for (const { name, source } of definitions) {
    const queue = backend.queue(name);
    const isMeant = (data: unknown) => matches(source, data);
    try {
      const found = new Map<string, Job>();
      for (const place of PLACES) for (const job of await jobsIn(queue, place, isMeant)) found.set(job.id ?? "", job);
      for (const job of dryRun ? [] : found.values()) await remove(queue, job);
      if (!dryRun) await backend.eraseEvents(queue);
      sum.removed += found.size;
      sum.active += (await jobsIn(queue, "active", isMeant)).length;
    } finally {
      await queue.close();
    }
  }
  return sum;
}

/** The newest first: what leaves at the other end meanwhile moves none of those that are still to be read. */
async function jobsIn(
  queue: JobQueue,
  place: (typeof PLACES)[number] | "active",
  isMeant: (data: unknown) => boolean,
): Promise<Job[]> {
  const found: Job[] = [];
  for (let from = 0; ; from += PAGE) {
    const jobs = await queue.getJobs([place], from, from + PAGE - 1, false);
    found.push(...jobs.filter((job) => job?.id !== undefined && isMeant(job.data)));
    if (jobs.length < PAGE) return found;
  }
}

/** A worker may have taken it meanwhile; then it is one of the active ones. */
async function remove(queue: JobQueue, job: Job): Promise<void> {
  await job.remove().catch(async (error: unknown) => {
    if ((await queue.getJobState(job.id ?? "")) !== "active") throw error;
  });
}
