import type { IQueueBackend, Job, JobProgress, Queue, Worker } from "bullmq";
import type { CircuitBreaker } from "../producer/circuit-breaker.ts";

/** BullMQ's queue on either store. */
export type JobQueue = Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown>;

/** BullMQ's worker on either store. */
export type JobWorker = Worker<unknown, unknown, string, IQueueBackend, JobProgress, unknown>;

/** Processes a job. The signal aborts when the job's lock is lost. */
export type Processor = (job: Job, token: string | undefined, signal: AbortSignal | undefined) => Promise<unknown>;

/** How many completed jobs stay in a queue: by age in seconds and by number, whichever is reached first. */
export type KeptJobs = { age: number; count: number };

/** The options of BullMQ's worker that Millrace sets. */
export type WorkerSettings = {
  autorun: boolean;
  concurrency: number;
  lockDuration: number;
  stalledInterval: number;
  maxStalledCount: number;
  removeOnComplete: KeptJobs;
  settings: { backoffStrategy: (attemptsMade: number) => number };
};

/** A waiting job, as the store has it. */
export type WaitingJob = { id: string; data: unknown; addedAt: Date };

/** The store of BullMQ's jobs. It contains all differences between Redis and Postgres. */
export type StoreBackend = {
  kind: "redis" | "postgres";
  queue(name: string): JobQueue;
  worker(name: string, process: Processor, settings: WorkerSettings): JobWorker;
  /** Returns the first waiting jobs of a queue in their order, without taking them and without replayed ones. */
  firstWaiting(queue: JobQueue, count: number): Promise<WaitingJob[]>;
  /** Removes waiting jobs from a queue, after their work is done. A job that a worker has taken meanwhile stays. */
  removeWaiting(queue: JobQueue, jobIds: readonly string[]): Promise<void>;
  /** Counts the workers of a queue in all processes; undefined when the store does not report them. */
  countWorkers(queue: JobQueue): Promise<number | undefined>;
  /** Returns when a delayed job becomes due; undefined when the job is not delayed. */
  dueAt(queue: JobQueue, jobId: string): Promise<Date | undefined>;
  /** Empties BullMQ's event log of a queue, which contains job ids. Millrace does not read it. */
  eraseEvents(queue: JobQueue): Promise<void>;
  /** Removes the completed jobs that a queue does not keep. On Redis, BullMQ does it with each job that completes. */
  trimCompleted(queue: JobQueue, kept: KeptJobs): Promise<void>;
  /** Creates BullMQ's tables on Postgres. Repeating it changes nothing. */
  migrate(): Promise<void>;
  /** Rejects unless the store accepts a write within a second. All calls within a second share one write. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
};

/** The store, and the circuit breaker that all producers of the process share. */
export type QueueBackend = StoreBackend & { breaker: CircuitBreaker };

/**
 * How a process uses the queue. A `producer` has a caller that waits: a command fails at once while the store is down,
 * and after {@link PRODUCER_TIMEOUT_MS} while the store does not respond. A `consumer` waits until the store is back. So
 * does an `operator`: a command or the dashboard, of which each change must be durable.
 */
export type BackendRole = "producer" | "consumer" | "operator";

/** Timeout of a producer's round trip in ms; the caller of a webhook gets its 503 within a second. */
export const PRODUCER_TIMEOUT_MS = 800;
