import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "bullmq";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";

/** Jobs read at a time. */
const PAGE = 200;

/**
 * The states in which a job can be removed, in the order that jobs pass through them. `waiting` is read twice, because a
 * job can return to it.
 */
const STATES = ["waiting", "prioritized", "delayed", "failed", "completed", "waiting"] as const;

/** How long to wait for active jobs, and how often to look again, in ms. */
const MAX_WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/** A job that changes its state during a pass can be missed once, so two passes in a row must find no job. */
const EMPTY_PASSES = 2;

/** Whether a job matches, by the integration of its queue, its data and whether it is completed. */
export type JobMatch = (integration: string, data: unknown, isCompleted: boolean) => boolean;

/** Counts the jobs that match, in every state except active. */
export async function countJobs(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
): Promise<number> {
  return (await passOver(backend, definitions, matches, () => Promise.resolve())).found;
}

/**
 * Removes the jobs that match, in every state, and BullMQ's event logs. It waits for active jobs. Returns how many jobs
 * it removed.
 * @throws Error when jobs that match are still active after `maxWaitMs`
 */
export async function eraseJobs(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
  maxWaitMs = MAX_WAIT_MS,
): Promise<number> {
  let removed = 0;
  for (let emptyPasses = 0, waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const { found, active } = await passOver(backend, definitions, matches, async (queue, jobs) => {
      for (const job of jobs) await remove(queue, job);
      await backend.eraseEvents(queue);
    });
    removed += found;
    emptyPasses = found === 0 && active === 0 ? emptyPasses + 1 : 0;
    if (emptyPasses === EMPTY_PASSES) return removed;
    if (active > 0 && waitedMs >= maxWaitMs)
      throw new Error(`${active} jobs about the contact are still active: repeat the command when they have finished`);
    await wait(LOOK_AGAIN_MS);
  }
}

/** Finds the jobs that match in all queues and calls `onFound` for each queue. */
async function passOver(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
  onFound: (queue: JobQueue, jobs: readonly Job[]) => Promise<void>,
): Promise<{ found: number; active: number }> {
  const sum = { found: 0, active: 0 };
  for (const { name, integration } of definitions) {
    const queue = backend.queue(name);
    const isMatch = (data: unknown, isCompleted: boolean) => matches(integration, data, isCompleted);
    try {
      // Active jobs are read before and after the others, because one may return to the queue in between.
      const active = new Set(idsOf(await jobsIn(queue, "active", isMatch)));
      const found = new Map<string, Job>();
      for (const state of STATES) for (const job of await jobsIn(queue, state, isMatch)) found.set(job.id ?? "", job);
      await onFound(queue, [...found.values()]);
      for (const id of idsOf(await jobsIn(queue, "active", isMatch))) active.add(id);
      sum.found += found.size;
      sum.active += active.size;
    } finally {
      await queue.close();
    }
  }
  return sum;
}

function idsOf(jobs: readonly Job[]): string[] {
  return jobs.map(({ id }) => id ?? "");
}

/** Reads the newest jobs first: the oldest ones leave the state meanwhile, which does not move the pages still to read. */
async function jobsIn(
  queue: JobQueue,
  state: (typeof STATES)[number] | "active",
  isMatch: (data: unknown, isCompleted: boolean) => boolean,
): Promise<Job[]> {
  const found: Job[] = [];
  for (let from = 0; ; from += PAGE) {
    const jobs = await queue.getJobs([state], from, from + PAGE - 1, false);
    found.push(...jobs.filter((job) => job?.id !== undefined && isMatch(job.data, state === "completed")));
    if (jobs.length < PAGE) return found;
  }
}

/** How often to try to remove a job that workers take and return. */
const REMOVALS = 3;

/** Removes a job. A worker may have taken it meanwhile; it then counts as active. The worker may also have returned it since. */
async function remove(queue: JobQueue, job: Job, removals = REMOVALS): Promise<void> {
  await job.remove().catch(async (error: unknown) => {
    if ((await queue.getJobState(job.id ?? "")) === "active") return;
    if (removals === 1) throw error;
    await remove(queue, job, removals - 1);
  });
}
