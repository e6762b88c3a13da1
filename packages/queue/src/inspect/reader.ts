import type { Job, JobType } from "bullmq";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";

/** The state of a job, as `millrace status` counts it. */
export type JobState = "waiting" | "inFlight" | "failed" | "completed" | "absent";

type UnfinishedState = Exclude<JobState, "completed" | "absent">;

/** How many jobs are in each state that is not completed. */
export type JobCounts = Record<UnfinishedState, number>;

/** Reads the states of jobs, for `millrace status` and `millrace trace`. */
export type QueueReader = {
  /** Counts the jobs that are not completed, by the counters of the queue's store. */
  counts(): Promise<JobCounts>;
  /** Returns every job that is not completed, by id. A job that changes its state meanwhile has the state read last. */
  states(): Promise<Map<string, UnfinishedState>>;
  /** Returns one job. */
  find(
    jobId: string,
  ): Promise<{ place: JobState; attemptsMade: number; failedReason?: string; runsAt?: Date; correlationId?: string }>;
  close(): Promise<void>;
};

const WAITING = ["waiting", "prioritized", "delayed"] as const;

/** Our state of a job, by BullMQ's. */
const JOB_STATES: Readonly<Record<Awaited<ReturnType<Job["getState"]>>, JobState>> = {
  waiting: "waiting",
  prioritized: "waiting",
  delayed: "waiting",
  "waiting-children": "waiting",
  active: "inFlight",
  failed: "failed",
  completed: "completed",
  unknown: "absent",
};

/** Creates a reader of queues. Job ids must be unique among all of them. */
export function createQueueReader(backend: QueueBackend, definitions: readonly QueueDefinition[]): QueueReader {
  const readers = definitions.map(({ name }) => readerOf(backend, backend.queue(name)));
  return {
    async counts() {
      const counts = await Promise.all(readers.map((reader) => reader.counts()));
      const sum = (state: UnfinishedState) => counts.reduce((total, ofQueue) => total + ofQueue[state], 0);
      return { waiting: sum("waiting"), inFlight: sum("inFlight"), failed: sum("failed") };
    },
    async states() {
      const states = await Promise.all(readers.map((reader) => reader.states()));
      return new Map(states.flatMap((ofQueue) => [...ofQueue]));
    },
    async find(jobId) {
      const found = await Promise.all(readers.map((reader) => reader.find(jobId)));
      return found.find(({ place }) => place !== "absent") ?? { place: "absent", attemptsMade: 0 };
    },
    close: async () => {
      for (const reader of readers) await reader.close();
    },
  };
}

function readerOf(backend: QueueBackend, queue: JobQueue): QueueReader {
  return {
    async counts() {
      // On Postgres, BullMQ counts the waiting jobs of a paused queue as paused.
      const types = ["active", "failed", "paused", ...WAITING];
      const [inFlight = 0, failed = 0, ...waiting] = await queue.getBackend().getCounts(types as JobType[]);
      return { waiting: waiting.reduce((sum, count) => sum + count, 0), inFlight, failed };
    },
    async states() {
      const states = new Map<string, UnfinishedState>();
      // Jobs move from waiting to active, and back after an error, so waiting is read again to miss none.
      for (const [state, bullmqStates] of [
        ["waiting", WAITING],
        ["inFlight", ["active"]],
        ["failed", ["failed"]],
        ["waiting", WAITING],
      ] as const) {
        const ids = (await queue.getBackend().getRanges([...bullmqStates], 0, -1, true)) as unknown;
        for (const id of (ids as string[][]).flat()) states.set(id, state);
      }
      return states;
    },
    async find(jobId) {
      const job: Job | undefined = await queue.getJob(jobId);
      if (!job) return { place: "absent", attemptsMade: 0 };
      const state = await job.getState();
      // A job's own delay counts from its last move, and BullMQ does not store that time.
      const runsAt = state === "delayed" ? await backend.dueAt(queue, jobId) : undefined;
      return {
        place: JOB_STATES[state],
        attemptsMade: job.attemptsMade,
        ...(job.failedReason ? { failedReason: job.failedReason } : {}),
        ...(typeof job.data?.correlationId === "string" ? { correlationId: job.data.correlationId } : {}),
        ...(runsAt ? { runsAt } : {}),
      };
    },
    close: () => queue.close(),
  };
}
