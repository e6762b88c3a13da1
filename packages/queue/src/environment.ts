import { type Environment, type QueueRole, readEnvironment } from "@millrace/core";
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
  EXPIRE_EVENTS_DAYS: z.coerce.number({ error: "must be a number" }).positive().max(60).default(7),
  EXPIRE_AI_TURNS_MINUTES: z.coerce.number({ error: "must be a number" }).positive().max(10_080).default(60),
});

/** The queues that a worker consumes. */
export type WorkerShare = {
  /** Names of the queues; undefined for all. */
  queues: readonly string[] | undefined;
  /** How many jobs of one queue run at a time. */
  concurrency: number;
  /** How long jobs may wait for a provider, in ms, by the role of their queue; see QueuePolicy. */
  expiresAfterMs: Partial<Record<QueueRole, number>>;
};

/** Reads which queues a worker consumes. Throws EnvironmentError. */
export function readWorkerShare(environment: Environment): WorkerShare {
  const variables = readEnvironment(workerVariables, environment);
  return {
    queues: variables.WORKER_QUEUES?.split(",").map((name) => name.trim()),
    concurrency: variables.WORKER_CONCURRENCY,
    expiresAfterMs: {
      inbound: variables.EXPIRE_EVENTS_DAYS * 86_400_000,
      "ai-turns": variables.EXPIRE_AI_TURNS_MINUTES * 60_000,
    },
  };
}
