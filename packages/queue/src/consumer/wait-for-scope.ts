import { DelayedError, type Job } from "bullmq";
import type { InboundEvent } from "@millrace/core";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { JobRun } from "./job-run.ts";
import { runStoreCommand } from "./store-command.ts";

/**
 * How long a job waits for its scope before it checks the scope itself, in ms. The worker that resumes the scope promotes
 * it long before; this covers the loss of the row that names the job.
 */
const RECHECK_MS = 10 * 60_000;

/**
 * Delays a job until its scope is resumed or its turn to probe comes; see startPausedJobs in apps/worker. Always throws
 * BullMQ's DelayedError.
 */
export async function waitForScope(
  deps: AttemptDeps & Pick<JobRun, "lockLost">,
  job: Job<InboundEvent>,
  token: string | undefined,
  scope: string,
): Promise<never> {
  const { definition, processor, flowControl, now, random, timings, lockLost } = deps;
  // BullMQ on Postgres accepts whole milliseconds only.
  const delayMs = Math.round(RECHECK_MS * (0.5 + random() / 2));
  // The row is written before the job moves: a worker that dies in between leaves an active job, which stalls and runs
  // again. Without a row, as during an outage of Postgres, no worker promotes the job, so it soon checks its scope again.
  const isListed = await flowControl.addPausedJob({ queue: definition.name, jobId: job.id ?? "", scope }).then(
    () => true,
    () => false,
  );
  await runStoreCommand(deps, lockLost, async () => {
    if (!processor.scopes(job.data).includes(scope)) await job.updateData({ ...job.data, waitsFor: scope });
    await job.moveToDelayed(now().getTime() + (isListed ? delayMs : timings.outageMs), token);
  });
  // The scope may have been resumed before the job was delayed, and then no worker promotes it.
  const isPaused = await flowControl.isPaused(scope).catch(() => true);
  // Another worker may have promoted it already.
  if (!isPaused) await job.promote().catch(() => undefined);
  throw new DelayedError();
}
