import type { Logger, PausedJobStore } from "@millrace/core";
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
    const busyQueues = new Set<string>();
    for (let page = 0; page < MAX_PAGES && !stopping.aborted; page += 1) {
      const due = await pausedJobs.due(PAGE, [...busyQueues]);
      if (due.length === 0) break;
      for (const queue of new Set(due.map((job) => job.queue)))
        if ((await promoter.waiting(queue)) >= PAGE) busyQueues.add(queue);
      const free = due.filter(({ queue }) => !busyQueues.has(queue));
      const promoted = await promoter.promote(free);
      await pausedJobs.remove(promoted);
      // A job that still runs is moved behind the others, so that it does not fill the next page.
      for (const job of free.filter((each) => !promoted.includes(each))) await pausedJobs.add(job);
    }
    await pausedJobs.removeUnusedPauses();
  }

  const loop = startLoop(resumeStepMs, step, (error) => log.warn({ err: error }, "paused_jobs.step_failed"));
  return {
    async stop() {
      await loop.stop();
      await promoter.close();
    },
  };
}
