import { setTimeout as wait } from "node:timers/promises";
import { ProviderError } from "@millrace/core";
import { backoffMs } from "../catalogue.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import type { JobRun } from "./job-run.ts";
import type { LookAhead } from "./look-ahead.ts";
import { runJob } from "./run-job.ts";

/** The bounds of a wait for a paused scope, in ms: another job can claim its probe first, and an operator can resume it. */
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1_000;

/**
 * Runs a job of an ordered queue, together with those behind it if they can be processed together. The job stays at the
 * head of the queue while it can be retried, and the jobs behind it wait, except those that need not wait for it. Waiting
 * for our own stores, for a provider, for a rate limit or for a paused scope costs no attempt.
 * @param beforeWait runs before the job waits
 */
export async function runInPlace(
  deps: AttemptDeps,
  run: JobRun,
  lookAhead: LookAhead,
  beforeWait: () => Promise<void>,
): Promise<AttemptOutcome> {
  const { definition, stopping, random, now } = deps;
  let { event } = run;
  for (let attempts = 0; ;) {
    if (stopping.aborted) return { outcome: "returned" };
    if (await lookAhead.run(run)) return { outcome: "written" };
    const result = await runJob(deps, { ...run, event });
    const { outcome, error, retryAt, waitsFor } = result;
    if (waitsFor) event = { ...event, waitsFor: waitsFor.scope };
    const waitMs = waitsFor
      ? Math.min(Math.max(waitsFor.waitMs, SHORTEST_WAIT_MS), LONGEST_WAIT_MS)
      : retryAt && Math.max(0, retryAt.getTime() - now().getTime());
    if (waitMs === undefined) attempts += 1;
    const canRetry =
      waitMs !== undefined || (error !== undefined && isRetryable(error) && attempts < definition.retry.attempts);
    if (!canRetry || run.lockLost?.aborted) return result;
    await beforeWait();
    const pauseMs = waitMs ?? backoffMs(definition.retry, attempts, random());
    if (outcome === "outage") await wait(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
    else await lookAhead.wait(run, pauseMs);
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof ProviderError) || error.next.kind === "retryable" || error.next.kind === "unavailable";
}
