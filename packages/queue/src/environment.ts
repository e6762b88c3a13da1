import { type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

const storeVariables = z.object({
  QUEUE_URL: z.url({
    protocol: /^(rediss?|postgres|postgresql)$/,
    error: "must be a redis://, rediss:// or postgres:// URL",
  }),
});

/** Reads the URL of the queue's store: QUEUE_URL, or DATABASE_URL when QUEUE_URL is unset. Throws EnvironmentError. */
export function readQueueUrl(environment: Environment): string {
  return readEnvironment(storeVariables, { QUEUE_URL: environment["QUEUE_URL"] || environment["DATABASE_URL"] })
    .QUEUE_URL;
}

const workerVariables = z.object({
  WORKER_QUEUES: z.string().optional(),
  WORKER_CONCURRENCY: z.coerce.number({ error: "must be a number" }).int().min(1).max(500).default(16),
});

/** The queues that a worker consumes. */
export type WorkerShare = {
  /** Names of the queues; undefined for all. */
  queues: readonly string[] | undefined;
  /** How many jobs of one queue run at a time. */
  concurrency: number;
};

/** Reads which queues a worker consumes. Throws EnvironmentError. */
export function readWorkerShare(environment: Environment): WorkerShare {
  const { WORKER_QUEUES, WORKER_CONCURRENCY } = readEnvironment(workerVariables, environment);
  return { queues: WORKER_QUEUES?.split(",").map((name) => name.trim()), concurrency: WORKER_CONCURRENCY };
}
