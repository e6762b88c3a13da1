import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import type { QueueDefinition } from "../catalogue.ts";
import { jobOptions } from "../producer.ts";

/** A dead letter as its job is made from it. */
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
  /** When it died last, as far as its letter knows. */
  failedAt: Date;
};

/** Ids of letters that were not put back: their job has completed, or their queue is none of ours any more. */
export type RequeueResult = { completed: string[]; unknownQueue: string[] };

/** Puts the jobs of dead letters back into their queues. */
export type Replayer = {
  /**
   * A new job for each, linked to its letter and made of the letter alone: the queue may have lost the old one, and if
   * it has not, the new one takes its place. One whose job is not failed keeps that job.
   */
  requeue(letters: readonly ReplayableDeadLetter[]): Promise<RequeueResult>;
  close(): Promise<void>;
};

/**
 * BullMQ takes jobs without a priority first, so that live events never wait behind replayed ones.
 * https://docs.bullmq.io/guide/jobs/prioritized
 */
const BEHIND_LIVE = 10;

/** A replayer into some queues. */
export function createReplayer(backend: QueueBackend, definitions: readonly QueueDefinition[]): Replayer {
  const queues = new Map<string, JobQueue>();
  const queueOf = (name: string): JobQueue => {
    const queue = queues.get(name) ?? backend.queue(name);
    queues.set(name, queue);
    return queue;
  };
  return {
    async requeue(letters) {
      const completed: string[] = [];
      const unknownQueue: string[] = [];
      for (const [name, theirs] of Map.groupBy(letters, ({ queue }) => queue)) {
        const definition = definitions.find((known) => known.name === name);
        if (!definition) {
          unknownQueue.push(...theirs.map(({ id }) => id));
          continue;
        }
        const queue = queueOf(name);
        const places = await Promise.all(theirs.map(async (letter) => ({ letter, place: await clear(queue, letter) })));
        completed.push(...places.filter(({ place }) => place === "completed").map(({ letter }) => letter.id));
        const missing = places.filter(({ place }) => place === "absent").map(({ letter }) => letter);
        if (missing.length === 0) continue;
        await queue.addBulk(
          missing.map((letter) => {
            const data = eventOf(letter, definition);
            const opts = { ...jobOptions(definition), jobId: letter.jobId, priority: BEHIND_LIVE };
            return { name: letter.kind, data, opts };
          }),
        );
      }
      return { completed, unknownQueue };
    },
    async close() {
      for (const queue of queues.values()) await queue.close();
    },
  };
}

/** Takes a letter's failed job out of the queue, unless it has died again and nobody has written that down yet. */
async function clear(
  queue: JobQueue,
  { jobId, failedAt }: ReplayableDeadLetter,
): Promise<"absent" | "completed" | "on its way"> {
  const job = await queue.getJob(jobId);
  if (!job) return "absent";
  const state = await job.getState();
  if (state === "completed") return "completed";
  if (state === "unknown") return "absent";
  if (state !== "failed" || (job.finishedOn ?? 0) > failedAt.getTime()) return "on its way";
  await job.remove();
  return "absent";
}

/** A job's data that no worker could read is kept whole as the payload: a worker that knows its version may by now. */
function eventOf({ payload, ...letter }: ReplayableDeadLetter, { schema }: QueueDefinition): InboundEvent {
  const whole = schema.safeParse(payload);
  if (whole.success && whole.data.id === letter.eventId && whole.data.integration === letter.integration)
    return { ...whole.data, replayOf: letter.id };
  return {
    v: EVENT_VERSION,
    integration: letter.integration,
    id: letter.eventId,
    kind: letter.kind,
    correlationId: letter.correlationId,
    receivedAt: letter.receivedAt.toISOString(),
    replayOf: letter.id,
    payload,
  };
}
