import { setTimeout as wait } from "node:timers/promises";
import type { DeadLetterStore, Logger, Now, Random } from "@millrace/core";
import { attempt, type ConsumerTimings, type EventProcessor } from "./attempt.ts";
import type { QueueBackend } from "./backends/backend.ts";
import { backoffMs, type QueueDefinition } from "./catalogue.ts";
import { createDeadLetterCollector } from "./dead-letters/collector.ts";
import type { FlowControl } from "./flow-control.ts";

const DEFAULT_TIMINGS: Omit<ConsumerTimings, "deadlineMs"> = {
  lockMs: 15_000,
  stalledCheckMs: 10_000,
  sweepMs: 5_000,
  outageMs: 5_000,
  probeMs: 60_000,
};

/** The whole line waits for the worker that holds its head: when that one dies, it must not wait long. */
const IN_ORDER_TIMINGS = { lockMs: 5_000, stalledCheckMs: 2_000 };

/** A job that loses its worker is given to another once; the second time it is dead, lest it kill every worker. */
const MAX_STALLED = 1;

/** What a consumer is made of. */
export type ConsumerParts = {
  backend: QueueBackend;
  definition: QueueDefinition;
  processor: EventProcessor;
  gate: FlowControl;
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
  const timings = {
    ...DEFAULT_TIMINGS,
    deadlineMs: definition.deadlineMs,
    ...(definition.inOrder ? IN_ORDER_TIMINGS : {}),
    ...parts.timings,
  };
  const stopping = new AbortController();
  const queue = backend.queue(definition.name);
  const collector = createDeadLetterCollector(queue, definition, parts.deadLetters, log, now);
  const worker = backend.worker(
    definition.name,
    (job, token, lockLost) => attempt({ ...parts, timings, stopping: stopping.signal }, job, token, lockLost),
    {
      autorun: !definition.inOrder,
      concurrency: definition.inOrder ? 1 : parts.concurrency,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledCheckMs,
      maxStalledCount: MAX_STALLED,
      removeOnComplete: definition.keepCompleted,
      settings: { backoffStrategy: (attemptsMade) => backoffMs(definition.retry, attemptsMade, random()) },
    },
  );
  const closing = new AbortController();
  const started = definition.inOrder ? startInOrder() : Promise.resolve();

  /** One at a time among all workers, which the store sees to; until it has said so, nothing is taken. */
  async function startInOrder(): Promise<void> {
    const told = () =>
      queue.setGlobalConcurrency(1).then(
        () => true,
        () => false,
      );
    while (!(await told())) {
      await wait(timings.outageMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
    }
    worker.run().catch((error: unknown) => log.error({ queue: definition.name, err: error }, "consumer.ended"));
  }

  // Another worker may have them by now: what is still done here ends.
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const jobId of jobIds) worker.cancelJob(jobId, "its lock was lost");
  });
  worker.on("failed", (job) => {
    if (job?.finishedOn === undefined) return;
    collector
      .capture(job)
      .catch((error: unknown) => log.warn({ queue: definition.name, err: error }, "dead_letter.capture_failed"));
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
      closing.abort();
      await started;
      const deadline = setTimeout(() => stopping.abort(), deadlineMs);
      await worker.close();
      clearTimeout(deadline);
      await sweeping;
      await queue.close();
    },
  };
}
