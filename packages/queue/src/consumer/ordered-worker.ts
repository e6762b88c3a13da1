import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "@millrace/core";
import type { JobQueue, JobWorker } from "../backends/backend.ts";
import { type LeaseOptions, whileLeased } from "./lease.ts";

/** The worker of an ordered queue. */
export type OrderedWorker = {
  /** Whether the worker holds the queue's lease, so that it may run a job. */
  hasLease(): boolean;
  /** Resolves once the worker is closed and the lease is released, after `closing` aborts. */
  stopped: Promise<void>;
};

/**
 * Runs a worker of an ordered queue while it holds the queue's lease, so that one worker consumes the queue also after
 * the queue's store lost its data. A worker that loses the lease completes its job and takes no other.
 *
 * The store also limits the queue to one job at a time: the job of a holder that crashed returns to the head of the queue
 * before the next holder gets the job behind it. The worker sets this limit repeatedly, because the store can lose it.
 */
export function runOrderedWorker(options: {
  queue: JobQueue;
  worker: JobWorker;
  lease: LeaseOptions;
  log: Logger;
  closing: AbortSignal;
}): OrderedWorker {
  const { queue, worker, lease, log, closing } = options;
  const { name } = queue;
  let current: AbortSignal | undefined;

  async function term(lost: AbortSignal): Promise<void> {
    log.info({ queue: name }, "consumer.lease_acquired");
    current = lost;
    const over = AbortSignal.any([lost, closing]);
    await Promise.race([limitConcurrency(queue, lease.ttlMs / 3, over), aborted(over)]);
    if (over.aborted) return;
    await worker.resume();
    await aborted(over);
    if (closing.aborted) return worker.close();
    log.warn({ queue: name }, "consumer.lease_lost");
    try {
      // Until the worker is paused, it can receive a job, which it returns.
      await worker.pause();
      log.debug({ queue: name }, "consumer.paused");
    } catch (error) {
      log.warn({ queue: name, err: error }, "consumer.pause_failed");
    }
  }

  async function run(): Promise<void> {
    // A worker without the lease returns the job of a crashed holder to the queue, so that the next holder can start it.
    await worker.startStalledCheckTimer();
    await whileLeased(lease, closing, term);
    await worker.close();
  }

  return { hasLease: () => current?.aborted === false, stopped: run() };
}

/** Limits the queue to one job at a time, again every `everyMs` until `ended` aborts. Resolves after the first time. */
function limitConcurrency(queue: JobQueue, everyMs: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const keep = async () => {
      while (!ended.aborted) {
        // While the store is away, the next round tries again.
        await queue.setGlobalConcurrency(1).then(
          () => resolve(),
          () => undefined,
        );
        await wait(everyMs, undefined, { signal: ended }).catch(() => undefined);
      }
    };
    void keep();
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
