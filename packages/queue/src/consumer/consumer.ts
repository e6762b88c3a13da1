import { setTimeout as wait } from "node:timers/promises";
import type { DeadLetterStore, Logger, Now, Random } from "@millrace/core";
import type { JobQueue, JobWorker, QueueBackend } from "../backends/backend.ts";
import { backoffMs, type QueueDefinition } from "../catalogue.ts";
import { createDeadLetterCollector, type DeadLetterCollector } from "../dead-letters/collector.ts";
import type { FlowControl } from "../flow-control.ts";
import { attempt } from "./attempt.ts";
import type { ConsumerTimings } from "./attempt-deps.ts";
import type { EventProcessor } from "./event-processor.ts";

const DEFAULT_TIMINGS: Omit<ConsumerTimings, "deadlineMs"> = {
  lockMs: 15_000,
  stalledCheckMs: 10_000,
  sweepMs: 5_000,
  outageMs: 5_000,
  probeMs: 60_000,
};

/** All jobs of an ordered queue wait for the worker at its head, so a worker that stopped must be replaced quickly. */
const IN_ORDER_TIMINGS = { lockMs: 5_000, stalledCheckMs: 2_000 };

/** A job that stalls runs once more. The second stall dead-letters it, so that it cannot stop every worker. */
const MAX_STALLED = 1;

/** What a consumer uses. */
export type ConsumerDeps = {
  backend: QueueBackend;
  definition: QueueDefinition;
  processor: EventProcessor;
  flowControl: FlowControl;
  deadLetters: DeadLetterStore;
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
  const attemptDeps = { ...deps, flowControl: deps.flowControl, timings, stopping: stopping.signal };
  const worker = backend.worker(definition.name, (job, token, lockLost) => attempt(attemptDeps, job, token, lockLost), {
    autorun: !definition.inOrder,
    concurrency: definition.inOrder ? 1 : deps.concurrency,
    lockDuration: timings.lockMs,
    stalledInterval: timings.stalledCheckMs,
    maxStalledCount: MAX_STALLED,
    removeOnComplete: definition.keepCompleted,
    settings: { backoffStrategy: (attemptsMade) => backoffMs(definition.retry, attemptsMade, random()) },
  });
  const closing = new AbortController();
  const started = definition.inOrder
    ? runOneAtATime({ queue, worker, log, retryMs: timings.outageMs, closing: closing.signal })
    : Promise.resolve();

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
  const sweeper = startSweeper(collector, timings.sweepMs, (error) =>
    log.warn({ queue: definition.name, err: error }, "dead_letter.sweep_failed"),
  );

  return {
    async stop(deadlineMs) {
      closing.abort();
      const swept = sweeper.stop();
      await started;
      const deadline = setTimeout(() => stopping.abort(), deadlineMs);
      await worker.close();
      clearTimeout(deadline);
      await swept;
      await queue.close();
    },
  };
}

/** Runs a worker once the store has limited the queue to one job at a time among all workers. */
async function runOneAtATime(options: {
  queue: JobQueue;
  worker: JobWorker;
  log: Logger;
  retryMs: number;
  closing: AbortSignal;
}): Promise<void> {
  const { queue, worker, log, retryMs, closing } = options;
  const limitConcurrency = () =>
    queue.setGlobalConcurrency(1).then(
      () => true,
      () => false,
    );
  while (!(await limitConcurrency())) {
    await wait(retryMs, undefined, { signal: closing }).catch(() => undefined);
    if (closing.aborted) return;
  }
  worker.run().catch((error: unknown) => log.error({ queue: queue.name, err: error }, "consumer.ended"));
}

/** Sweeps now and then every `intervalMs`, one sweep at a time. A stop ends the sweep that runs. */
function startSweeper(
  collector: DeadLetterCollector,
  intervalMs: number,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let sweeping: Promise<void> | undefined;
  const sweep = () => {
    sweeping ??= collector
      .sweep(stopping.signal)
      .catch(onError)
      .finally(() => {
        sweeping = undefined;
      });
  };
  const timer = setInterval(sweep, intervalMs);
  sweep();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await sweeping;
    },
  };
}
