import { describeError, ProviderError, type ScopePause } from "@millrace/core";
import { QueueUnavailableError } from "../producer/queue-unavailable-error.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import type { JobRun } from "./job-run.ts";

/** How often the wait for our own store doubles while its outage lasts: from 5 s up to 40 s, so that it costs little CPU time. */
const OUTAGE_DOUBLINGS = 3;

/** Decides what happens to a job after an error: retry, pause of its scope, wait for our own store, or dead letter. */
export async function afterError(deps: AttemptDeps, run: JobRun, error: unknown): Promise<AttemptOutcome> {
  const { processor, now, random, timings } = deps;
  // A follow-up that could not be enqueued in time is an outage too: the event itself is not at fault.
  const isOutage = (cause: unknown) => cause instanceof QueueUnavailableError || processor.isOutage(cause);
  try {
    if (!isOutage(error)) return await nextStep(deps, run, error);
  } catch (pauseError) {
    // The pause could not be written, because Postgres went away.
    if (!isOutage(pauseError)) return { outcome: "failed", error: pauseError };
  }
  const waitMs = timings.outageMs * 2 ** Math.min(run.waits, OUTAGE_DOUBLINGS) * (0.5 + random());
  return { outcome: "outage", error, retryAt: new Date(now().getTime() + waitMs) };
}

async function nextStep(deps: AttemptDeps, run: JobRun, error: unknown): Promise<AttemptOutcome> {
  if (!(error instanceof ProviderError)) return { outcome: "failed", error };
  const { next, message } = error;
  switch (next.kind) {
    case "unavailable":
      return afterUnavailable(deps, run, error, next.scope);
    case "rate_limited":
      await pauseScope(deps, { ...next, reason: message }, next.widen);
      return untilProbe(deps, next.kind, error, next.scope);
    case "paused":
      await pauseScope(deps, { scope: next.scope, reason: message });
      return untilProbe(deps, next.kind, error, next.scope);
    case "retryable":
    case "permanent":
      return { outcome: "failed", error };
  }
}

/** Waits for the probe of a scope that an error has paused. */
async function untilProbe(
  { flowControl }: AttemptDeps,
  outcome: string,
  error: unknown,
  scope: string,
): Promise<AttemptOutcome> {
  const check = await flowControl.check([scope]);
  if (!check.open) return { outcome, error, detail: scope, waitsFor: { scope, waitMs: check.waitMs } };
  // Another scope above it was paused instead, or the probe is due already.
  await flowControl.returnProbes(check.probes);
  return { outcome, error, detail: scope, waitsFor: { scope, waitMs: 0 } };
}

/**
 * A provider that is down costs no attempt: the job waits alone, or with the whole scope once its circuit is open. Only
 * when the scope works for other jobs, the failure counts as the job's own.
 */
async function afterUnavailable(
  deps: AttemptDeps,
  run: JobRun,
  error: ProviderError,
  reported: string | undefined,
): Promise<AttemptOutcome> {
  const { flowControl, processor, log, now } = deps;
  const scope = reported ?? processor.scopes(run.event)[0];
  if (scope === undefined) return { outcome: "failed", error };
  if (await flowControl.isPaused(scope)) return untilProbe(deps, "unavailable", error, scope);
  const { meaning, isNew } = await flowControl.fail(scope, run.jobId, error.message);
  if (isNew) log.warn({ scope, error: describeError(error) }, "circuit.opened");
  switch (meaning) {
    case "attempt":
      return { outcome: "failed", error };
    case "open":
      return untilProbe(deps, "unavailable", error, scope);
    case "wait":
      return {
        outcome: "unavailable",
        error,
        detail: scope,
        retryAt: new Date(now().getTime() + flowControl.waitMs(run.waits)),
      };
  }
}

/** Pauses a scope and logs it when the scope had no pause before, as an alert when an operator must act. */
export async function pauseScope(
  { flowControl, log }: AttemptDeps,
  { scope, reason, until }: ScopePause,
  widen?: string,
): Promise<void> {
  if (!until) {
    if (await flowControl.pause(scope, reason)) log.error({ scope, error: reason, alert: true }, "scope.paused");
  } else if (await flowControl.rateLimit(scope, until, reason, widen))
    log.warn({ scope, until: until.toISOString(), error: reason }, "scope.rate_limited");
}
