import type { DeadLetterStore, LeaseStore, Logger, Now, Random } from "@millrace/core";
import type { Processor, QueueBackend } from "../backends/backend.ts";
import { backoffMs, type QueueDefinition } from "../catalogue.ts";
import { createDeadLetterCollector } from "../dead-letters/collector.ts";
import type { FlowControl } from "../flow-control/flow-control.ts";
import { attempt } from "./attempt.ts";
import type { ConsumerTimings } from "./attempt-deps.ts";
import { delayJob } from "./delay-job.ts";
import type { EventProcessor } from "./event-processor.ts";
import { createLookAhead, type LookAhead, processFrontAlone } from "./look-ahead.ts";
import { type OrderedWorker, runOrderedWorker } from "./ordered-worker.ts";
import { BULLMQ_MAX_STALLED, createSuspectTurns } from "./stalls.ts";

const DEFAULT_TIMINGS: Omit<ConsumerTimings, "deadlineMs"> = {
  lockMs: 15_000,
  stalledCheckMs: 10_000,
  leaseMs: 6_000,
  sweepMs: 5_000,
  outageMs: 5_000,
};

/** All jobs of an ordered queue wait for the worker at its head, so a worker that stopped must be replaced quickly. */
const IN_ORDER_TIMINGS = { lockMs: 5_000, stalledCheckMs: 2_000 };

/** How long a suspect waits before it looks whether another one still runs, in ms. */
const SUSPECT_WAIT_MS = 1_000;

/** What a consumer uses. */
export type ConsumerDeps = {
  backend: QueueBackend;
  definition: QueueDefinition;
  processor: EventProcessor;
  flowControl: FlowControl;
  deadLetters: DeadLetterStore;
  /** Decides which worker consumes an ordered queue. */
  leases: LeaseStore;
  /** Identifies this worker as the holder of a lease. */
  workerId: string;
  log: Logger;
  now: Now;
  random: Random;
  /** How many jobs run at a time; an ordered queue runs one. */
  concurrency: number;
  timings?: Partial<ConsumerTimings>;
};

/** A running consumer. */
export type Consumer = {
  /** Takes no more jobs, waits for the running ones until the deadline, and then returns them to the queue. */
  stop(deadlineMs: number): Promise<void>;
};

/** Consumes one queue: runs its jobs, retries them, and ensures that every exhausted job has its dead letter. */
export function startConsumer(deps: ConsumerDeps): Consumer {
  const { backend, definition, log, now, random } = deps;
  const timings = {
    ...DEFAULT_TIMINGS,
    deadlineMs: definition.deadlineMs,
    ...(definition.inOrder ? IN_ORDER_TIMINGS : {}),
    ...deps.timings,
  };
  const stopping = new AbortController();
  const queue = backend.queue(definition.name);
  const collector = createDeadLetterCollector(queue, definition, deps.deadLetters, log, now);
  const processAlone = new Set<string>();
  const suspectTurns = createSuspectTurns(timings.lockMs);
  const heldLease = { name: `queue:${definition.name}`, holder: deps.workerId };
  const process: Processor = async (job, token, lockLost) => {
    const hasLease = () => ordered?.hasLease() ?? true;
    const mayLookAhead = () => hasLease() && !closing.signal.aborted;
    // Without the lease, the job returns to the head of its queue.
    const attemptDeps = { ...deps, timings, stopping: hasLease() ? stopping.signal : AbortSignal.abort() };
    const attemptWith = (lookAhead: LookAhead | undefined) =>
      suspectTurns(
        job,
        () => attempt(attemptDeps, job, token, lockLost, lookAhead),
        () => delayJob({ ...attemptDeps, lockLost }, job, token, SUSPECT_WAIT_MS),
      );
    if (!definition.inOrder) return attemptWith(undefined);
    const id = job.id ?? "";
    const lookAheadDeps = { ...attemptDeps, backend, queue, lease: heldLease, mayLookAhead };
    if (job.stalledCounter > 0) await processFrontAlone(lookAheadDeps, id, processAlone);
    const lookAhead = createLookAhead(lookAheadDeps, processAlone);
    return attemptWith(lookAhead).finally(() => processAlone.delete(id));
  };
  const worker = backend.worker(definition.name, process, {
    autorun: !definition.inOrder,
    concurrency: definition.inOrder ? 1 : Math.max(deps.concurrency, deps.processor.jobsAtOnce ?? 0),
    lockDuration: timings.lockMs,
    stalledInterval: timings.stalledCheckMs,
    maxStalledCount: BULLMQ_MAX_STALLED,
    removeOnComplete: definition.keepCompleted,
    settings: { backoffStrategy: (attemptsMade) => backoffMs(definition.retry, attemptsMade, random()) },
  });
  const closing = new AbortController();
  const lease = { leases: deps.leases, ...heldLease, ttlMs: timings.leaseMs };
  const ordered: OrderedWorker | undefined = definition.inOrder
    ? runOrderedWorker({ queue, worker, lease, log, closing: closing.signal })
    : undefined;

  // Another worker may run these jobs already, so this one stops them.
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, "the job's lock was lost");
  });
  worker.on("failed", (job) => {
    if (job?.finishedOn === undefined) return;
    collector
      .capture(job)
      .catch((error: unknown) => log.warn({ queue: definition.name, err: error }, "dead_letter.capture_failed"));
  });
  const sweep = async (signal: AbortSignal) => {
    try {
      await collector.sweep(signal);
    } finally {
      await backend.trimCompleted(queue, definition.keepCompleted);
    }
  };
  const sweeper = startSweeper(sweep, timings.sweepMs, (error) =>
    log.warn({ queue: definition.name, err: error }, "dead_letter.sweep_failed"),
  );

  return {
    async stop(deadlineMs) {
      closing.abort();
      const swept = sweeper.stop();
      const deadline = setTimeout(() => stopping.abort(), deadlineMs);
      await (ordered ? ordered.stopped : worker.close());
      clearTimeout(deadline);
      await swept;
      await queue.close();
    },
  };
}

/** Sweeps now and then every `intervalMs`, one sweep at a time. A stop ends the sweep that runs. */
function startSweeper(
  sweep: (stopping: AbortSignal) => Promise<void>,
  intervalMs: number,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let sweeping: Promise<void> | undefined;
  const sweepOnce = () => {
    sweeping ??= sweep(stopping.signal)
      .catch(onError)
      .finally(() => {
        sweeping = undefined;
      });
  };
  const timer = setInterval(sweepOnce, intervalMs);
  sweepOnce();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await sweeping;
    },
  };
}
