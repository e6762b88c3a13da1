import type { Now } from "@millrace/core";

/** How long a queue is without a worker before it counts as unconsumed, in ms. A restart takes less. */
export const UNCONSUMED_MS = 60_000;

/** Remembers since when each queue has no worker. One reading without a worker proves little: workers restart. */
export type UnconsumedQueues = {
  /**
   * Records a reading of the number of workers; undefined when the store does not report them. Returns since when every
   * reading found no worker, or undefined.
   */
  record(queue: string, workers: number | undefined): Date | undefined;
};

/** Creates {@link UnconsumedQueues}. A queue without a reading for {@link UNCONSUMED_MS} starts again. */
export function createUnconsumedQueues(now: Now): UnconsumedQueues {
  const readings = new Map<string, { since: Date; last: Date }>();
  return {
    record(queue, workers) {
      const at = now();
      const earlier = readings.get(queue);
      const isCurrent = earlier && at.getTime() - earlier.last.getTime() <= UNCONSUMED_MS;
      if (workers === 0) readings.set(queue, { since: isCurrent ? earlier.since : at, last: at });
      else readings.delete(queue);
      return readings.get(queue)?.since;
    },
  };
}
