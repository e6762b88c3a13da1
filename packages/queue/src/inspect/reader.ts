import type { Job } from "bullmq";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";

/** Where a job is. */
export type JobState = "waiting" | "inFlight" | "failed" | "completed" | "absent";

/** Reads where jobs are, for `millrace status` and `millrace trace`. */
export type QueueReader = {
  /** Every job that is not completed, by id. A job on the move while this reads is where it was seen last. */
  states(): Promise<Map<string, Exclude<JobState, "completed" | "absent">>>;
  /** One job. */
  find(
    jobId: string,
  ): Promise<{ place: JobState; attemptsMade: number; failedReason?: string; runsAt?: Date; correlationId?: string }>;
  close(): Promise<void>;
};

const WAITING = ["waiting", "prioritized", "delayed"] as const;

/** A reader of some queues, whose event ids are unique among all of them. */
export function createQueueReader(backend: QueueBackend, definitions: readonly QueueDefinition[]): QueueReader {
  const readers = definitions.map(({ name }) => readerOf(backend.queue(name)));
  return {
    async states() {
      const places = await Promise.all(readers.map((reader) => reader.states()));
      return new Map(places.flatMap((found) => [...found]));
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

function readerOf(queue: JobQueue): QueueReader {
  return {
    async states() {
      const places = new Map<string, Exclude<JobState, "completed" | "absent">>();
      // Jobs go from waiting to active, and back after an error: waiting is read again so that none slips by.
      for (const [place, states] of [
        ["waiting", WAITING],
        ["inFlight", ["active"]],
        ["failed", ["failed"]],
        ["waiting", WAITING],
      ] as const) {
        const ids = (await queue.getBackend().getRanges([...states], 0, -1, true)) as unknown;
        for (const id of (ids as string[][]).flat()) places.set(id, place);
      }
      return places;
    },
    async find(jobId) {
      const job: Job | undefined = await queue.getJob(jobId);
      if (!job) return { place: "absent", attemptsMade: 0 };
      const state = await job.getState();
      const runsAt = state === "delayed" ? { runsAt: new Date(job.timestamp + job.delay) } : {};
      return {
        place:
          state === "active"
            ? "inFlight"
            : state === "failed" || state === "completed"
              ? state
              : state === "unknown"
                ? "absent"
                : "waiting",
        attemptsMade: job.attemptsMade,
        ...(job.failedReason ? { failedReason: job.failedReason } : {}),
        ...(typeof job.data?.correlationId === "string" ? { correlationId: job.data.correlationId } : {}),
        ...runsAt,
      };
    },
    close: () => queue.close(),
  };
}
