import { DelayedError, type Job } from "bullmq";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { JobRun } from "./job-run.ts";
import { runStoreCommand } from "./store-command.ts";

/** Returns a job to its queue for `ms`. Always throws BullMQ's DelayedError. */
export async function delayJob(
  deps: Pick<AttemptDeps, "timings" | "stopping" | "now"> & Pick<JobRun, "lockLost">,
  job: Job,
  token: string | undefined,
  ms: number,
): Promise<never> {
  await runStoreCommand(deps, deps.lockLost, () => job.moveToDelayed(deps.now().getTime() + ms, token));
  throw new DelayedError();
}
