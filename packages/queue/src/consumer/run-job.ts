import { type InboundEvent, retryable } from "@millrace/core";
import { afterError, pauseScope } from "./after-error.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";

/** Processes an event once, if its scopes are open, within the deadline. Never rejects. */
export async function runJob(
  deps: AttemptDeps,
  event: InboundEvent,
  lockLost: AbortSignal | undefined,
): Promise<AttemptOutcome> {
  const { processor, flowControl, timings, stopping } = deps;
  const deadline = AbortSignal.timeout(timings.deadlineMs);
  try {
    const check = await flowControl.check(processor.scopes(event));
    if (!check.open) return { outcome: check.kind, detail: check.scope, retryAt: check.until };
    const signal = AbortSignal.any([deadline, stopping, ...(lockLost ? [lockLost] : [])]);
    const processed = await orAbort(processor.process(event, signal), signal);
    const callSucceeded = "until" in processed ? processed.callSucceeded : !processed.noCall;
    if (callSucceeded) await resumeScopes(deps, check.probes);
    else await flowControl.returnProbes(check.probes);
    const { result: outcome, detail } = processed;
    if ("until" in processed)
      return { outcome, detail, retryAt: processed.until, stillWaiting: processed.stillWaiting };
    for (const pause of processed.pauses ?? []) await pauseScope(deps, pause);
    return { outcome, detail };
  } catch (error) {
    if (stopping.aborted && !deadline.aborted) return { outcome: "returned" };
    if (deadline.aborted) return { outcome: "failed", error: retryable(`took longer than ${timings.deadlineMs} ms`) };
    return afterError(deps, error);
  }
}

/** Resumes paused scopes after a successful call, and logs those that were paused. */
export async function resumeScopes({ flowControl, log }: AttemptDeps, scopes: readonly string[]): Promise<void> {
  for (const scope of await flowControl.resume(scopes)) log.warn({ scope }, "scope.resumed");
}

/** Rejects when the signal aborts, because a processor that ignores its signal must not outlive the deadline or a stop. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
