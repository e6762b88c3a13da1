import { setTimeout as wait } from "node:timers/promises";
import type { Job } from "bullmq";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";

/** Jobs read at a time. */
const PAGE = 200;

/** Where a job can be removed, in the order in which jobs go; waiting once more for those that were given back. */
const PLACES = ["waiting", "prioritized", "delayed", "failed", "completed", "waiting"] as const;

/** How long jobs that are being worked on are waited for, and how often they are looked at, in ms. */
const LONGEST_WAIT_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/** A job that moves while one looks for it can be missed once: it is gone when it was not there twice in a row. */
const LOOKS = 2;

/** Says of a job by the integration of its queue, its data, and whether it is completed, whether it is meant. */
export type JobMatch = (integration: string, data: unknown, isOver: boolean) => boolean;

/** How many jobs there are that `matches` says, wherever they are, but for those that are being worked on. */
export async function countJobs(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
): Promise<number> {
  return (await lookThrough(backend, definitions, matches, () => Promise.resolve())).found;
}

/**
 * Removes the jobs that `matches` says, wherever they are, and BullMQ's log of all that happened. Those that are being
 * worked on are waited for. Tells how many it removed.
 * @throws Error when some are still being worked on after `longestWaitMs`
 */
export async function eraseJobs(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
  longestWaitMs = LONGEST_WAIT_MS,
): Promise<number> {
  let removed = 0;
  for (let looks = 0, waited = 0; ; waited += LOOK_AGAIN_MS) {
    const { found, active } = await lookThrough(backend, definitions, matches, async (queue, jobs) => {
      for (const job of jobs) await remove(queue, job);
      await backend.eraseEvents(queue);
    });
    removed += found;
    looks = found === 0 && active === 0 ? looks + 1 : 0;
    if (looks === LOOKS) return removed;
    if (active > 0 && waited >= longestWaitMs)
      throw new Error(`${active} jobs about the contact are still worked on: do it again when they are over`);
    await wait(LOOK_AGAIN_MS);
  }
}

async function lookThrough(
  backend: QueueBackend,
  definitions: readonly QueueDefinition[],
  matches: JobMatch,
  deal: (queue: JobQueue, jobs: readonly Job[]) => Promise<void>,
): Promise<{ found: number; active: number }> {
  const sum = { found: 0, active: 0 };
  for (const { name, integration } of definitions) {
    const queue = backend.queue(name);
    const isMeant = (data: unknown, isOver: boolean) => matches(integration, data, isOver);
    try {
      // Before the others too: one that is given back while they are looked through has been in none of them.
      const active = new Set(idsOf(await jobsIn(queue, "active", isMeant)));
      const found = new Map<string, Job>();
      for (const place of PLACES) for (const job of await jobsIn(queue, place, isMeant)) found.set(job.id ?? "", job);
      await deal(queue, [...found.values()]);
      for (const id of idsOf(await jobsIn(queue, "active", isMeant))) active.add(id);
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

/** The newest first: what leaves at the other end meanwhile moves none of those that are still to be read. */
async function jobsIn(
  queue: JobQueue,
  place: (typeof PLACES)[number] | "active",
  isMeant: (data: unknown, isOver: boolean) => boolean,
): Promise<Job[]> {
  const found: Job[] = [];
  for (let from = 0; ; from += PAGE) {
    const jobs = await queue.getJobs([place], from, from + PAGE - 1, false);
    found.push(...jobs.filter((job) => job?.id !== undefined && isMeant(job.data, place === "completed")));
    if (jobs.length < PAGE) return found;
  }
}

/** A worker may have taken it meanwhile; then it is one of the active ones. */
async function remove(queue: JobQueue, job: Job): Promise<void> {
  await job.remove().catch(async (error: unknown) => {
    if ((await queue.getJobState(job.id ?? "")) !== "active") throw error;
  });
}
