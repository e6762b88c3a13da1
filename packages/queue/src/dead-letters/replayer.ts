import { EVENT_VERSION, type InboundEvent, type Now } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import { createOpenedQueues } from "../backends/opened-queues.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { createUnconsumedQueues } from "../inspect/unconsumed.ts";
import { jobOptions } from "../producer/job-options.ts";

/** A dead letter with all that its new job needs. */
export type ReplayableDeadLetter = {
  id: string;
  queue: string;
  jobId: string;
  integration: string;
  eventId: string;
  kind: string;
  payload: unknown;
  correlationId: string;
  receivedAt: Date;
  /** The position of the event in its webhook request; null if the job has none. */
  requestIndex: number | null;
  /** The latest failure that the dead letter records. */
  failedAt: Date;
};

/** Ids of dead letters that were not requeued: their job has completed, or their queue no longer exists. */
export type RequeueResult = { completed: string[]; unknownQueue: string[] };

/** Requeues the jobs of dead letters. */
export type Replayer = {
  /**
   * Adds a job for each dead letter, made from the dead letter alone, because the queue may have lost the old job. It
   * replaces the old job if that has failed. A job in any other state stays as it is.
   */
  requeue(deadLetters: readonly ReplayableDeadLetter[]): Promise<RequeueResult>;
  /**
   * Removes the jobs of the dead letters of queues that have no worker for `forMs` or longer, in each reading that this
   * function has made since then. Returns the ids of those dead letters. A queue counts as consumed if its store does not
   * report the workers.
   */
  withdrawUnconsumed(deadLetters: readonly ReplayableDeadLetter[], forMs: number): Promise<string[]>;
  close(): Promise<void>;
};

/**
 * BullMQ runs jobs without a priority first, so live events never wait behind replayed ones.
 * https://docs.bullmq.io/guide/jobs/prioritized
 */
const BEHIND_LIVE = 10;

/** Creates a replayer for the queues of `definitions`. */
export function createReplayer(backend: QueueBackend, definitions: readonly QueueDefinition[], now: Now): Replayer {
  const queues = createOpenedQueues(backend);
  const unconsumed = createUnconsumedQueues(now);
  return {
    async requeue(deadLetters) {
      const completed: string[] = [];
      const unknownQueue: string[] = [];
      for (const [name, ofQueue] of Map.groupBy(deadLetters, ({ queue }) => queue)) {
        const definition = definitions.find((candidate) => candidate.name === name);
        if (definition) completed.push(...(await requeueInto(queues.get(name), definition, ofQueue)));
        else unknownQueue.push(...ofQueue.map(({ id }) => id));
      }
      return { completed, unknownQueue };
    },
    async withdrawUnconsumed(deadLetters, forMs) {
      const withdrawn: string[] = [];
      for (const [name, ofQueue] of Map.groupBy(deadLetters, (deadLetter) => deadLetter.queue)) {
        const queue = queues.get(name);
        const since = unconsumed.record(name, await backend.countWorkers(queue));
        if (since === undefined || now().getTime() - since.getTime() < forMs) continue;
        for (const { id, jobId } of ofQueue) {
          await queue.remove(jobId);
          withdrawn.push(id);
        }
      }
      return withdrawn;
    },
    close: () => queues.close(),
  };
}

/** Requeues dead letters of one queue. Returns the ids of those with a completed job. */
async function requeueInto(
  queue: JobQueue,
  definition: QueueDefinition,
  deadLetters: readonly ReplayableDeadLetter[],
): Promise<string[]> {
  const found = await Promise.all(
    deadLetters.map(async (deadLetter) => ({ deadLetter, job: await removeFailed(queue, deadLetter) })),
  );
  const missing = found.filter(({ job }) => job === "absent").map(({ deadLetter }) => deadLetter);
  if (missing.length > 0)
    await queue.addBulk(
      missing.map((deadLetter) => ({
        name: deadLetter.kind,
        data: eventOf(deadLetter, definition),
        opts: { ...jobOptions(definition), jobId: deadLetter.jobId, priority: BEHIND_LIVE },
      })),
    );
  return found.filter(({ job }) => job === "completed").map(({ deadLetter }) => deadLetter.id);
}

/** Removes the failed job of a dead letter, unless it has failed again and its dead letter does not record that yet. */
async function removeFailed(
  queue: JobQueue,
  { jobId, failedAt }: ReplayableDeadLetter,
): Promise<"absent" | "completed" | "unfinished"> {
  const job = await queue.getJob(jobId);
  if (!job) return "absent";
  const state = await job.getState();
  if (state === "completed") return "completed";
  if (state === "unknown") return "absent";
  if (state !== "failed" || (job.finishedOn ?? 0) > failedAt.getTime()) return "unfinished";
  await job.remove();
  return "absent";
}

/** The payload is the whole job data when the worker did not know its version. A newer worker may know it. */
function eventOf({ payload, ...deadLetter }: ReplayableDeadLetter, { schema }: QueueDefinition): InboundEvent {
  const jobData = schema.safeParse(payload);
  if (jobData.success && jobData.data.id === deadLetter.eventId && jobData.data.integration === deadLetter.integration)
    return { ...jobData.data, replayOf: deadLetter.id };
  return {
    v: EVENT_VERSION,
    integration: deadLetter.integration,
    id: deadLetter.eventId,
    kind: deadLetter.kind,
    correlationId: deadLetter.correlationId,
    receivedAt: deadLetter.receivedAt.toISOString(),
    ...(deadLetter.requestIndex === null ? {} : { index: deadLetter.requestIndex }),
    replayOf: deadLetter.id,
    payload,
  };
}
