import { setTimeout as wait } from "node:timers/promises";
import { type InboundEvent, ProviderError } from "@millrace/core";
import { backoffMs } from "../catalogue.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import { resumeScopes, runJob } from "./run-job.ts";

/**
 * Runs a job of an ordered queue. The job stays at the head of the queue while it can be retried, and the jobs behind it
 * wait. Waiting for our own stores, for a rate limit or for a paused scope costs no attempt.
 * @param beforeWait runs before the job waits
 */
export async function runInPlace(
  deps: AttemptDeps,
  event: InboundEvent,
  lockLost: AbortSignal | undefined,
  beforeWait: () => Promise<void>,
): Promise<AttemptOutcome> {
  const { definition, stopping, random, now } = deps;
  const paused = new Set<string>();
  for (let attempts = 0; ;) {
    if (stopping.aborted) return { outcome: "returned" };
    const result = await runJob(deps, event, lockLost);
    const { outcome, error, retryAt, detail } = result;
    if (outcome === "paused" && detail !== undefined) paused.add(detail);
    if (error === undefined && !retryAt && outcome !== "returned") await resumeScopes(deps, [...paused]);
    if (!retryAt) attempts += 1;
    const canRetry =
      retryAt !== undefined || (error !== undefined && isRetryable(error) && attempts < definition.retry.attempts);
    if (!canRetry || lockLost?.aborted) return result;
    const waitMs = retryAt
      ? Math.max(0, retryAt.getTime() - now().getTime())
      : backoffMs(definition.retry, attempts, random());
    await beforeWait();
    await wait(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof ProviderError) || error.next.kind === "retryable";
}
