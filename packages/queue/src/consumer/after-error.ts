import { ProviderError, type ScopePause } from "@millrace/core";
import { QueueUnavailableError } from "../producer/queue-unavailable-error.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";

/** Decides what happens to a job after an error: retry, pause of its scope, wait for our own store, or dead letter. */
export async function afterError(deps: AttemptDeps, error: unknown): Promise<AttemptOutcome> {
  const { processor, now, random, timings } = deps;
  // A follow-up that could not be enqueued in time is an outage too: the event itself is not at fault.
  const isOutage = (cause: unknown) => cause instanceof QueueUnavailableError || processor.isOutage(cause);
  try {
    if (!isOutage(error)) return await nextStep(deps, error);
  } catch (pauseError) {
    // The pause could not be written, because Postgres went away.
    if (!isOutage(pauseError)) return { outcome: "failed", error: pauseError };
  }
  return { outcome: "outage", error, retryAt: new Date(now().getTime() + timings.outageMs * (0.5 + random())) };
}

async function nextStep(deps: AttemptDeps, error: unknown): Promise<AttemptOutcome> {
  if (!(error instanceof ProviderError)) return { outcome: "failed", error };
  const { next, message } = error;
  switch (next.kind) {
    case "rate_limited":
      await pauseScope(deps, { ...next, reason: message }, next.widen);
      return { outcome: next.kind, error, detail: next.scope, retryAt: next.until };
    case "paused": {
      await pauseScope(deps, { scope: next.scope, reason: message });
      const check = await deps.flowControl.check([next.scope]);
      return { outcome: next.kind, error, detail: next.scope, retryAt: check.open ? deps.now() : check.until };
    }
    case "retryable":
    case "permanent":
      return { outcome: "failed", error };
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
