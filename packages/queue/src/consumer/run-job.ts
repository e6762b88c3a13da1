import { ProviderError, retryable, unavailable } from "@millrace/core";
import type { Probe } from "../flow-control/flow-control.ts";
import { afterError, pauseScope } from "./after-error.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import { expired, expiryOf, type JobRun } from "./job-run.ts";
import { orAbort } from "./or-abort.ts";

/**
 * Processes an event once, if its scopes are open, within the deadline. A job that would wait for a provider although it
 * is too old fails instead. Never rejects.
 */
export async function runJob(deps: AttemptDeps, run: JobRun): Promise<AttemptOutcome> {
  const { definition, now } = deps;
  const expiresAt = expiryOf(run, definition);
  const result = await tryOnce(deps, run);
  const waitsForProvider = result.waitsFor !== undefined || result.outcome === "unavailable";
  if (!waitsForProvider || expiresAt > now()) return result;
  return { outcome: "failed", error: expired(`${result.detail} is ${result.outcome.replace("_", " ")}`) };
}

async function tryOnce(deps: AttemptDeps, run: JobRun): Promise<AttemptOutcome> {
  const { processor, flowControl, timings, stopping } = deps;
  const { event, lockLost } = run;
  const deadline = AbortSignal.timeout(timings.deadlineMs);
  let probes: readonly Probe[] = [];
  try {
    const scopes = [...processor.scopes(event), ...(event.waitsFor === undefined ? [] : [event.waitsFor])];
    const check = await flowControl.check(scopes);
    if (!check.open) {
      const { kind, scope, waitMs } = check;
      return { outcome: kind, detail: scope, waitsFor: { scope, waitMs } };
    }
    probes = check.probes;
    const signal = AbortSignal.any([deadline, stopping, ...(lockLost ? [lockLost] : [])]);
    const processed = await orAbort(processor.process(event, signal), signal);
    const callSucceeded = "until" in processed ? processed.callSucceeded : !processed.noCall;
    if (callSucceeded) await resumeScopes(deps, scopes, probes);
    else await flowControl.returnProbes(probes);
    const { result: outcome, detail } = processed;
    if ("until" in processed)
      return { outcome, detail, retryAt: processed.until, stillWaiting: processed.stillWaiting };
    for (const pause of processed.pauses ?? []) await pauseScope(deps, pause);
    return { outcome, detail };
  } catch (error) {
    if (stopping.aborted && !deadline.aborted) return { outcome: "returned" };
    const failed = deadline.aborted ? tookTooLong(deps, run) : error;
    await resumeAnswering(deps, probes, failed).catch(() => undefined);
    return afterError(deps, run, failed);
  }
}

/** A provider that does not answer within the deadline of the job is unavailable. */
function tookTooLong({ processor, timings }: AttemptDeps, { event }: JobRun): ProviderError {
  const message = `took longer than ${timings.deadlineMs} ms`;
  return processor.scopes(event).length > 0 ? unavailable(message) : retryable(message);
}

/**
 * Resumes the scopes that a job probed and that answered, although with an error: an outage or a rate limit is over then.
 * Only a success shows that a paused account works again.
 */
async function resumeAnswering(deps: AttemptDeps, probes: readonly Probe[], error: unknown): Promise<void> {
  if (!(error instanceof ProviderError) || error.next.kind === "unavailable") return;
  const limited = error.next.kind === "rate_limited" || error.next.kind === "paused" ? error.next.scope : undefined;
  const answering = probes.filter(({ scope, kind }) => kind !== "paused" && scope !== limited);
  await resumeScopes(deps, [], answering);
}

/** Records a successful call, resumes the scopes that it probed, and logs them. */
async function resumeScopes(
  { flowControl, log }: AttemptDeps,
  scopes: readonly string[],
  probes: readonly Probe[],
): Promise<void> {
  for (const scope of await flowControl.succeed(scopes, probes)) log.warn({ scope }, "scope.resumed");
}
