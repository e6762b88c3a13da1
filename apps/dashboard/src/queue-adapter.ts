import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobQueue } from "@millrace/queue";

/** Bull Board's types know BullMQ on Redis only; the adapter itself asks the queue what it is kept in. */
type BullMQQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** What is offered of a queue; the routes that are answered are decided by `OperatorRoutes`. */
const OPTIONS = { allowRetries: true, allowCompletedRetries: false };

/** A queue as Bull Board sees it. */
export class QueueAdapter extends BullMQAdapter {
  readonly #queue: JobQueue;

  constructor(queue: JobQueue) {
    super(queue as BullMQQueue, OPTIONS);
    this.#queue = queue;
  }

  /**
   * Bull Board takes it that BullMQ 6 counts the jobs of a paused queue as waiting. On Redis it does; on Postgres it
   * leaves them out. Its count by priority (0 is none) has them on both.
   */
  override async getJobCounts(): ReturnType<BullMQAdapter["getJobCounts"]> {
    const [counts, waiting] = await Promise.all([super.getJobCounts(), this.#queue.getCountsPerPriority([0])]);
    return { ...counts, waiting: waiting["0"] ?? 0 };
  }
}
