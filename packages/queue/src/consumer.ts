import { DelayedError, type Job, WaitingError } from "bullmq";
import {
  type DeadLetterStore,
  describeError,
  type InboundEvent,
  type Logger,
  type Now,
  permanent,
  ProviderError,
  type Random,
  retryable,
} from "@millrace/core";
import type { QueueBackend } from "./backend.ts";
import { backoffMs, type QueueDefinition } from "./catalogue.ts";
import { createDeadLetterCollector } from "./dead-letter-collector.ts";
import { failure } from "./failure.ts";
import type { Gate } from "./gate.ts";

/** What is done with an event. It throws ProviderError, or whatever went wrong. */
export type EventProcessor = {
  /** What the event must wait for while it is held. */
  scopes(event: InboundEvent): readonly string[];
  process(event: InboundEvent, signal: AbortSignal): Promise<{ result: string; detail?: string }>;
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
  /** How often a job of a parked account tries whether it works again. */
  trialMs: number;
};

const DEFAULT_TIMINGS: Omit<ConsumerTimings, "deadlineMs"> = {
  lockMs: 15_000,
  stalledCheckMs: 10_000,
  sweepMs: 5_000,
  outageMs: 5_000,
  trialMs: 60_000,
};

/** A job that loses its worker is given to another once; the second time it is dead, lest it kill every worker. */
const MAX_STALLED = 1;

/** What a consumer is made of. */
export type ConsumerParts = {
  backend: QueueBackend;
  definition: QueueDefinition;
  processor: EventProcessor;
  gate: Gate;
  deadLetters: DeadLetterStore;
  log: Logger;
  now: Now;
  random: Random;
  concurrency: number;
  timings?: Partial<ConsumerTimings>;
};

/** A running consumer. */
export type Consumer = {
  /** Takes no new job, lets the running ones finish until the deadline, then gives them back to the queue. */
  stop(deadlineMs: number): Promise<void>;
};

/** Consumes one queue: runs its jobs, says what is next after an error, sees that every end has its dead letter. */
export function startConsumer(parts: ConsumerParts): Consumer {
  const { backend, definition, log, now, random } = parts;
  const timings = { ...DEFAULT_TIMINGS, deadlineMs: definition.deadlineMs, ...parts.timings };
  const stopping = new AbortController();
  const queue = backend.queue(definition.name);
  const collector = createDeadLetterCollector(queue, definition, parts.deadLetters, log, now);
  const worker = backend.worker(
    definition.name,
    (job, token, signal) => attempt(parts, timings, stopping.signal, job, token, signal),
    {
      concurrency: parts.concurrency,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledCheckMs,
      maxStalledCount: MAX_STALLED,
      removeOnComplete: definition.keepCompleted,
      settings: { backoffStrategy: (attemptsMade) => backoffMs(definition.retry, attemptsMade, random()) },
    },
  );
  worker.on("failed", (job) => {
    if (job?.finishedOn === undefined) return;
    collector
      .capture(job)
      .catch((error: unknown) => log.warn({ queue: definition.name, err: error }, "dead_letter.postponed"));
  });

  let sweeping: Promise<void> | undefined;
  const sweep = () => {
    sweeping ??= collector
      .sweep()
      .catch((error: unknown) => log.warn({ queue: definition.name, err: error }, "dead_letter.sweep_failed"))
      .finally(() => {
        sweeping = undefined;
      });
  };
  const sweeper = setInterval(sweep, timings.sweepMs);
  sweep();

  return {
    async stop(deadlineMs) {
      clearInterval(sweeper);
      const deadline = setTimeout(() => stopping.abort(), deadlineMs);
      await worker.close();
      clearTimeout(deadline);
      await sweeping;
      await queue.close();
    },
  };
}

type Next = { outcome: string; error?: unknown; retryAt?: Date; detail?: string | undefined };

/** One attempt at one job: runs it, logs one line about it, and tells BullMQ what is next. */
async function attempt(
  parts: ConsumerParts,
  timings: ConsumerTimings,
  stopping: AbortSignal,
  job: Job,
  token: string | undefined,
  lockLost: AbortSignal | undefined,
): Promise<unknown> {
  const { definition, log, now } = parts;
  const startedAt = now();
  const event = definition.schema.safeParse(job.data);
  const next: Next = event.success
    ? await run(parts, timings, stopping, event.data, lockLost)
    : { outcome: "failed", error: permanent("the job's data is of no version this worker knows") };

  const reason = next.error === undefined ? undefined : describeError(next.error);
  const fields = {
    queue: definition.name,
    jobId: job.id,
    source: definition.source,
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
  log[next.outcome === "failed" ? "warn" : "info"](fields, "job.attempted");

  if (next.retryAt) {
    await job.moveToDelayed(next.retryAt.getTime(), token);
    throw new DelayedError();
  }
  if (next.outcome === "given_back") {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  if (next.error !== undefined) throw failure(next.error);
  return { outcome: next.outcome };
}

async function run(
  parts: ConsumerParts,
  timings: ConsumerTimings,
  stopping: AbortSignal,
  event: InboundEvent,
  lockLost: AbortSignal | undefined,
): Promise<Next> {
  const { processor, gate, log, now } = parts;
  const deadline = AbortSignal.timeout(timings.deadlineMs);
  try {
    const scopes = processor.scopes(event);
    const passage = await gate.check(scopes);
    if (!passage.open) return { outcome: passage.kind, detail: passage.scope, retryAt: passage.until };
    const signal = AbortSignal.any([deadline, stopping, ...(lockLost ? [lockLost] : [])]);
    const { result, detail } = await orAbort(processor.process(event, signal), signal);
    for (const scope of await gate.lift(passage.trials)) log.warn({ scope }, "hold.lifted");
    return { outcome: result, detail };
  } catch (error) {
    if (stopping.aborted && !deadline.aborted) return { outcome: "given_back" };
    if (deadline.aborted) return { outcome: "failed", error: retryable(`took longer than ${timings.deadlineMs} ms`) };
    if (processor.isOutage(error)) {
      return {
        outcome: "outage",
        error,
        retryAt: new Date(now().getTime() + timings.outageMs * (0.5 + parts.random())),
      };
    }
    return afterError(gate, log, now, error);
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

async function afterError(gate: Gate, log: Logger, now: Now, error: unknown): Promise<Next> {
  if (!(error instanceof ProviderError)) return { outcome: "failed", error };
  const { next, message } = error;
  switch (next.kind) {
    case "rate_limited": {
      if (await gate.limit(next.scope, next.until, message))
        log.warn({ scope: next.scope, until: next.until.toISOString(), error: message }, "hold.rate_limited");
      return { outcome: next.kind, error, detail: next.scope, retryAt: next.until };
    }
    case "parked": {
      if (await gate.park(next.scope, message))
        log.error({ scope: next.scope, error: message, alert: true }, "hold.parked");
      const passage = await gate.check([next.scope]);
      return { outcome: next.kind, error, detail: next.scope, retryAt: passage.open ? now() : passage.until };
    }
    case "retryable":
    case "permanent":
      return { outcome: "failed", error };
  }
}
