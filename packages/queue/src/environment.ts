import { type Environment, readEnvironment } from "@millrace/core";
import { z } from "zod";

const variables = z.object({
  QUEUE_URL: z.url({
    protocol: /^(rediss?|postgres|postgresql)$/,
    error: "must be a redis://, rediss:// or postgres:// URL",
  }),
});

/** The queue's store: QUEUE_URL, or DATABASE_URL where that is unset. Throws EnvironmentError. */
export function readQueueUrl(environment: Environment): string {
  return readEnvironment(variables, { QUEUE_URL: environment["QUEUE_URL"] || environment["DATABASE_URL"] }).QUEUE_URL;
}

const share = z.object({
  WORKER_QUEUES: z.string().optional(),
  WORKER_CONCURRENCY: z.coerce.number({ error: "must be a number" }).int().min(1).max(500).default(16),
});

/** What of the queues one worker consumes. */
export type WorkerShare = {
  /** Names of the queues; undefined for all. */
  queues: readonly string[] | undefined;
  /** Jobs of one queue at a time. */
  concurrency: number;
};

/** Reads a worker's share of the work. Throws EnvironmentError. */
export function readWorkerShare(environment: Environment): WorkerShare {
  const { WORKER_QUEUES, WORKER_CONCURRENCY } = readEnvironment(share, environment);
  return { queues: WORKER_QUEUES?.split(",").map((name) => name.trim()), concurrency: WORKER_CONCURRENCY };
}
