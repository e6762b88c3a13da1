import { setTimeout as wait } from "node:timers/promises";
import { DelayedError, type Job, WaitingError } from "bullmq";
import {
  type ScopePause,
  describeError,
  type InboundEvent,
  type Logger,
  type Now,
  permanent,
  ProviderError,
  type Random,
  retryable,
} from "@millrace/core";
import { backoffMs, type QueueDefinition } from "./catalogue.ts";
import { failure } from "./failure.ts";
import type { FlowControl } from "./flow-control.ts";
import { QueueUnavailableError } from "./producer.ts";

/** What came of an attempt. */
export type Processed =
  | {
      result: string;
      detail?: string | undefined;
      pause?: ScopePause | undefined;
      /** There was nothing to call for: it tells nothing of an account that is tried. */
      noCall?: boolean | undefined;
    }
  /**
   * Its time has not come: it waits until then, which costs no attempt. `stillSo` is asked once it waits, because what
   * it waits for may have happened meanwhile, and nobody would wake it. `worked` says that a call has: an account that
   * is tried is free again.
   */
  | {
      result: "snoozed";
      until: Date;
      detail: string;
      stillWaiting?: (() => Promise<boolean>) | undefined;
      callSucceeded?: boolean | undefined;
    };

/** What is done with an event. It throws ProviderError, or whatever went wrong. */
export type EventProcessor = {
  /** What the event must wait for while it is held. */
  scopes(event: InboundEvent): readonly string[];
  process(event: InboundEvent, signal: AbortSignal): Promise<Processed>;
  /** Whether an error says that our own store is away: then the job waits, which costs no attempt. */
  isOutage(error: unknown): boolean;
};

/** Times of a consumer in ms; the defaults hold in production, tests make them short. */
export type ConsumerTimings = {
  /** How long an attempt may take; the queue's own deadline. */
  deadlineMs: number;
  /** A job whose worker has not been heard of for this long is given to another. */
  lockMs: number;
  /** How often stalled jobs are looked for. */
  stalledCheckMs: number;
  /** How often the failed jobs are swept for missing dead letters. */
  sweepMs: number;
  /** How long a job waits while our own store is away. */
  outageMs: number;
  /** How often a job of a paused account tries whether it works again. */
  probeMs: number;
};

/** What an attempt is made of. */
type AttemptParts = {
  definition: QueueDefinition;
  processor: EventProcessor;
  gate: FlowControl;
  log: Logger;
  now: Now;
  random: Random;
  timings: ConsumerTimings;
  /** Fires when the worker must stop: what still runs is given back. */
  stopping: AbortSignal;
};

type Next = {
  outcome: string;
  error?: unknown;
  retryAt?: Date;
  detail?: string | undefined;
  stillSo?: (() => Promise<boolean>) | undefined;
};

/** One attempt at one job: runs it, logs one line about it, and tells BullMQ what is next. */
export async function attempt(
  parts: AttemptParts,
  job: Job,
  token: string | undefined,
  lockLost: AbortSignal | undefined,
): Promise<unknown> {
  const { definition, log, now } = parts;
  const startedAt = now();
  const event = definition.schema.safeParse(job.data);
  const next: Next = event.success
    ? await (definition.inOrder ? runInPlace : run)(parts, event.data, lockLost)
    : { outcome: "failed", error: permanent("the job's data is of no version this worker knows") };

  const reason = next.error === undefined ? undefined : describeError(next.error);
  const fields = {
    queue: definition.name,
    jobId: job.id,
    integration: definition.integration,
    kind: job.name,
    correlationId: event.data?.correlationId,
    attempt: job.attemptsMade + 1,
    outcome: next.outcome,
    detail: next.detail,
    error: reason,
    waitedMs: startedAt.getTime() - job.timestamp,
    durationMs: now().getTime() - startedAt.getTime(),
    retryAt: next.retryAt?.toISOString(),
  };
  log[levelOf(next)](fields, "job.attempted");

  if (next.retryAt) {
    await job.moveToDelayed(next.retryAt.getTime(), token);
    if (next.stillSo && !(await next.stillSo())) await job.promote();
    throw new DelayedError();
  }
  if (next.outcome === "returned") {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  if (next.error !== undefined) throw failure(lastOf(next.error, job.attemptsMade + 1));
  if (isLarge(event.data)) job.opts.removeOnComplete = true;
  return { outcome: next.outcome };
}

/** The error as it is: permanent once it was tried as often as it is worth. */
function lastOf(error: unknown, attempts: number): unknown {
  if (!(error instanceof ProviderError) || error.next.kind !== "retryable") return error;
  const { attempts: most = Number.POSITIVE_INFINITY } = error.next;
  return attempts < most ? error : permanent(error.message, error.code);
}

/** Most characters in a job that is still to be looked at when it is done; a file in it would fill the queue. */
const LARGE = 64_000;

/** Whether the texts in a value are more than {@link LARGE} together. */
function isLarge(value: unknown): boolean {
  let size = 0;
  const weigh = (part: unknown): void => {
    if (typeof part === "string") size += part.length;
    else if (typeof part === "object" && part !== null) Object.values(part).forEach(weigh);
  };
  weigh(value);
  return size > LARGE;
}

function levelOf({ outcome }: Next): "debug" | "info" | "warn" {
  if (outcome === "failed") return "warn";
  return outcome === "snoozed" ? "debug" : "info";
}

/**
 * Runs a job of a queue whose order counts: while it can be tried again it stays at the head of the line, and the line
 * waits. Our own stores being away, full or closed to us is waited for as long as it takes.
 */
async function runInPlace(parts: AttemptParts, event: InboundEvent, lockLost: AbortSignal | undefined): Promise<Next> {
  const { definition, gate, log, stopping, random, now } = parts;
  const paused = new Set<string>();
  for (let tries = 0; ;) {
    const next = await run(parts, event, lockLost);
    const { outcome, error, retryAt, detail } = next;
    if (outcome === "paused" && detail !== undefined) paused.add(detail);
    const worked = error === undefined && !retryAt && outcome !== "returned";
    if (worked) for (const scope of await gate.resume([...paused])) log.warn({ scope }, "scope.resumed");
    if (!retryAt) tries += 1;
    const again =
      retryAt !== undefined || (error !== undefined && isRetryable(error) && tries < definition.retry.attempts);
    if (!again || lockLost?.aborted) return next;
    const waitMs = retryAt
      ? Math.max(0, retryAt.getTime() - now().getTime())
      : backoffMs(definition.retry, tries, random());
    await wait(waitMs, undefined, { signal: stopping }).catch(() => undefined);
    if (stopping.aborted) return { outcome: "returned" };
  }
}

function isRetryable(error: unknown): boolean {
  return !(error instanceof ProviderError) || error.next.kind === "retryable";
}

async function run(parts: AttemptParts, event: InboundEvent, lockLost: AbortSignal | undefined): Promise<Next> {
  const { processor, gate, log, timings, stopping } = parts;
  const deadline = AbortSignal.timeout(timings.deadlineMs);
  try {
    const passage = await gate.check(processor.scopes(event));
    if (!passage.open) return { outcome: passage.kind, detail: passage.scope, retryAt: passage.until };
    const signal = AbortSignal.any([deadline, stopping, ...(lockLost ? [lockLost] : [])]);
    const done = await orAbort(processor.process(event, signal), signal);
    const worked = "until" in done ? done.callSucceeded : !done.noCall;
    if (worked) for (const scope of await gate.resume(passage.probes)) log.warn({ scope }, "scope.resumed");
    else await gate.returnProbes(passage.probes);
    if ("until" in done)
      return { outcome: done.result, detail: done.detail, retryAt: done.until, stillSo: done.stillWaiting };
    const { result, detail, pause: trouble } = done;
    if (trouble) await hold(parts, trouble);
    return { outcome: result, detail };
  } catch (error) {
    if (stopping.aborted && !deadline.aborted) return { outcome: "returned" };
    if (deadline.aborted) return { outcome: "failed", error: retryable(`took longer than ${timings.deadlineMs} ms`) };
    return afterError(parts, error);
  }
}

/** Work that does not heed its signal must not outlive the deadline or the stop. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function afterError(parts: AttemptParts, error: unknown): Promise<Next> {
  const { processor, now, random, timings } = parts;
  // What follows from an event could not be enqueued in time: that is no fault of the event either.
  const isOutage = (cause: unknown) => cause instanceof QueueUnavailableError || processor.isOutage(cause);
  try {
    if (!isOutage(error)) return await nextStep(parts, error);
  } catch (second) {
    // The hold could not be placed: Postgres is away now.
    if (!isOutage(second)) return { outcome: "failed", error: second };
  }
  return { outcome: "outage", error, retryAt: new Date(now().getTime() + timings.outageMs * (0.5 + random())) };
}

/** Has a scope wait, and says so where it did not before: loudly, when a person must act. */
async function hold({ gate, log }: AttemptParts, { scope, reason, until }: ScopePause, widen?: string): Promise<void> {
  if (!until) {
    if (await gate.pause(scope, reason)) log.error({ scope, error: reason, alert: true }, "scope.paused");
  } else if (await gate.rateLimit(scope, until, reason, widen))
    log.warn({ scope, until: until.toISOString(), error: reason }, "scope.rate_limited");
}

async function nextStep(parts: AttemptParts, error: unknown): Promise<Next> {
  if (!(error instanceof ProviderError)) return { outcome: "failed", error };
  const { next, message } = error;
  switch (next.kind) {
    case "rate_limited":
      await hold(parts, { ...next, reason: message }, next.widen);
      return { outcome: next.kind, error, detail: next.scope, retryAt: next.until };
    case "paused": {
      await hold(parts, { scope: next.scope, reason: message });
      const passage = await parts.gate.check([next.scope]);
      return { outcome: next.kind, error, detail: next.scope, retryAt: passage.open ? parts.now() : passage.until };
    }
    case "retryable":
    case "permanent":
      return { outcome: "failed", error };
  }
}
