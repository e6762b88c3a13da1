import { DelayedError, type Job, WaitingError } from "bullmq";
import { type InboundEvent, permanent, ProviderError } from "@millrace/core";
import { promoteJob } from "../producer/promote-job.ts";
import type { AttemptDeps } from "./attempt-deps.ts";
import type { AttemptOutcome } from "./attempt-outcome.ts";
import { failure } from "./failure.ts";
import type { JobRun } from "./job-run.ts";
import { logAttempt } from "./log-attempt.ts";
import type { LookAhead } from "./look-ahead.ts";
import { afterUnreadable, waitAtHead } from "./newer-version.ts";
import { runInPlace } from "./retry-in-place.ts";
import { runJob } from "./run-job.ts";
import { excuseStalls, excuseStallWhileWaiting } from "./stalls.ts";
import { runStoreCommand } from "./store-command.ts";
import { waitForScope } from "./wait-for-scope.ts";

/**
 * Makes one attempt at a job, logs it in one line and hands the outcome to BullMQ.
 * @param lookAhead processes the job together with those behind it, in an ordered queue
 */
export async function attempt(
  deps: AttemptDeps,
  job: Job,
  token: string | undefined,
  lockLost: AbortSignal | undefined,
  lookAhead: LookAhead | undefined,
): Promise<unknown> {
  const { definition, now, timings } = deps;
  const startedAt = now();
  const event = definition.schema.safeParse(job.data);
  const result = event.success
    ? await run(deps, job, runOf(job, event.data, lockLost), lookAhead)
    : await runUnreadable(deps, job, lockLost);
  const { outcome, error, retryAt, waitsFor, stillWaiting } = result;
  logAttempt(deps, { job, event: event.data, startedAt, result });

  await excuseStalls(job, timings.lockMs);
  if (waitsFor) return waitForScope({ ...deps, lockLost }, job, token, waitsFor.scope);
  if (retryAt) {
    await runStoreCommand(deps, lockLost, () => job.moveToDelayed(retryAt.getTime(), token));
    if (stillWaiting && !(await stillWaiting())) await promoteJob(job);
    throw new DelayedError();
  }
  if (outcome === "returned") {
    await runStoreCommand(deps, lockLost, () => job.moveToWait(token));
    throw new WaitingError();
  }
  if (error !== undefined) throw failure(withAttemptLimit(error, job.attemptsMade + 1));
  if (isLarge(event.data)) job.opts.removeOnComplete = true;
  return { outcome };
}

/** Runs a job. A job of an ordered queue waits and is retried at the head of the queue. */
function run(deps: AttemptDeps, job: Job, jobRun: JobRun, lookAhead: LookAhead | undefined): Promise<AttemptOutcome> {
  return lookAhead
    ? runInPlace(deps, jobRun, lookAhead, () => excuseStallWhileWaiting(job, deps.timings.lockMs))
    : runJob(deps, jobRun);
}

/** Decides about a job with data that this worker cannot read, in place as {@link run} does. */
async function runUnreadable(deps: AttemptDeps, job: Job, lockLost: AbortSignal | undefined): Promise<AttemptOutcome> {
  const { definition, timings, now } = deps;
  const result = afterUnreadable(job, now());
  return definition.inOrder
    ? waitAtHead(deps, result, lockLost, () => excuseStallWhileWaiting(job, timings.lockMs))
    : result;
}

function runOf(job: Job, event: InboundEvent, lockLost: AbortSignal | undefined): JobRun {
  const waits = Math.max(0, job.attemptsStarted - job.attemptsMade - 1);
  return { event, jobId: job.id ?? event.id, enqueuedAt: new Date(job.timestamp), waits, lockLost };
}

/** Turns an error into a permanent one when the attempts reach the error's own limit. */
function withAttemptLimit(error: unknown, attempts: number): unknown {
  if (!(error instanceof ProviderError) || error.next.kind !== "retryable") return error;
  const { attempts: limit = Number.POSITIVE_INFINITY } = error.next;
  return attempts < limit ? error : permanent(error.message, error.code);
}

/** Most characters of a job that stays in the queue after completion; jobs with a file in them would fill the queue. */
const LARGE = 64_000;

/** Whether the strings in a value have more than {@link LARGE} characters together. */
function isLarge(value: unknown): boolean {
  let size = 0;
  const addSize = (part: unknown): void => {
    if (typeof part === "string") size += part.length;
    else if (typeof part === "object" && part !== null) Object.values(part).forEach(addSize);
  };
  addSize(value);
  return size > LARGE;
}
