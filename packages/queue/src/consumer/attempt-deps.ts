import type { Logger, Now, Random } from "@millrace/core";
import type { QueueDefinition } from "../catalogue.ts";
import type { FlowControl } from "../flow-control/flow-control.ts";
import type { EventProcessor } from "./event-processor.ts";

/** Times of a consumer in ms. Production uses the defaults; tests use short ones. */
export type ConsumerTimings = {
  /** Deadline of an attempt; the default is the queue's own. */
  deadlineMs: number;
  /** Lifetime of a job's lock. When a worker stops renewing it, the job stalls and another worker takes it. */
  lockMs: number;
  /** How often the worker looks for stalled jobs. */
  stalledCheckMs: number;
  /** How long the lease of an ordered queue lasts without a renewal. */
  leaseMs: number;
  /** How often the collector looks for failed jobs without a dead letter. */
  sweepMs: number;
  /** How long a job waits while our own store is away. */
  outageMs: number;
};

/** What an attempt uses. */
export type AttemptDeps = {
  definition: QueueDefinition;
  processor: EventProcessor;
  flowControl: FlowControl;
  log: Logger;
  now: Now;
  random: Random;
  timings: ConsumerTimings;
  /** Aborts when the worker must stop; the job then returns to the queue. */
  stopping: AbortSignal;
};
