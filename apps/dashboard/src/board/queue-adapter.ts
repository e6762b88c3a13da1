import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { JobQueue } from "@millrace/queue";

/** Bull Board's types accept a queue on Redis only. At run time the adapter also accepts a queue on Postgres. */
type BullMQQueue = ConstructorParameters<typeof BullMQAdapter>[0];

/** What Bull Board's page offers. `OperatorRoutes` decides which routes the API answers. */
const OPTIONS = { allowRetries: true, allowCompletedRetries: false };

/** A BullMQ queue on Bull Board, on either store. */
export class QueueAdapter extends BullMQAdapter {
  readonly #queue: JobQueue;

  constructor(queue: JobQueue) {
    super(queue as BullMQQueue, OPTIONS);
    this.#queue = queue;
  }

  /**
   * Bull Board expects BullMQ 6 to count the jobs of a paused queue as waiting. BullMQ does so on Redis but not on
   * Postgres. The count by priority (0 means no priority) contains these jobs on both.
   */
  override async getJobCounts(): ReturnType<BullMQAdapter["getJobCounts"]> {
    const [counts, waiting] = await Promise.all([super.getJobCounts(), this.#queue.getCountsPerPriority([0])]);
    return { ...counts, waiting: waiting["0"] ?? 0 };
  }
}
