import type { Logger, PausedJobStore, WaitingJob } from "@millrace/core";
import type { JobPromoter } from "@millrace/queue";
import { type Loop, startLoop } from "./loop.ts";

/** Times of {@link startPausedJobs} in ms. */
export type PausedJobTimings = {
  /** How often a worker looks for due probes and for resumed scopes. */
  resumeStepMs: number;
};

const DEFAULT_TIMINGS: PausedJobTimings = { resumeStepMs: 500 };

/**
 * Jobs of resumed scopes that run at once. The next page follows when most of them have started, so that thousands of
 * them do not delay the jobs of other accounts in their queue.
 */
const PAGE = 32;

/** How many jobs of resumed scopes a queue gets in one step while many other jobs wait in it. */
const BUSY_PAGE = 4;

/** Most pages in one step. */
const MAX_PAGES = 20;

/** Dependencies of {@link startPausedJobs}. */
export type PausedJobDeps = {
  pausedJobs: PausedJobStore;
  promoter: JobPromoter;
  log: Logger;
  timings?: Partial<PausedJobTimings> | undefined;
};

/** Promotes one job of each paused scope when its probe is due, and the jobs of resumed scopes in pages. */
export function startPausedJobs({ pausedJobs, promoter, log, timings }: PausedJobDeps): Loop {
  const { resumeStepMs } = { ...DEFAULT_TIMINGS, ...timings };

  async function step(stopping: AbortSignal): Promise<void> {
    // A probe runs however busy its queue is: it is one job per scope.
    await promote(await pausedJobs.probes());
    const busyQueues = new Set<string>();
    for (let page = 0; page < MAX_PAGES && !stopping.aborted; page += 1) {
      const resumed = await pausedJobs.resumed(PAGE, [...busyQueues]);
      if (resumed.length === 0) break;
      for (const queue of new Set(resumed.map((job) => job.queue)))
        if ((await promoter.waiting(queue)) >= PAGE) busyQueues.add(queue);
      const inBusyQueues = resumed.filter(({ queue }) => busyQueues.has(queue));
      // A busy queue gets a few in each step, so that a queue that is always busy cannot keep them waiting.
      await promote([...resumed.filter((job) => !inBusyQueues.includes(job)), ...inBusyQueues.slice(0, BUSY_PAGE)]);
      if (resumed.length < PAGE) break;
    }
    await pausedJobs.removeUnusedPauses();
  }

  async function promote(jobs: readonly WaitingJob[]): Promise<void> {
    const promoted = await promoter.promote(jobs);
    await pausedJobs.remove(promoted);
    // A job that still runs is moved behind the others, so that it does not fill the next page.
    for (const job of jobs.filter((each) => !promoted.includes(each))) await pausedJobs.add(job);
  }

  const loop = startLoop(resumeStepMs, step, (error) => log.warn({ err: error }, "paused_jobs.step_failed"));
  return {
    async stop() {
      await loop.stop();
      await promoter.close();
    },
  };
}
