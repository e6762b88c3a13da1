import pLimit from "p-limit";

/** Runs a task, now or when one before it ends. Undefined when the waiting list is full: then the task does not run. */
export type ConcurrencyLimiter = <T>(task: () => Promise<T>) => Promise<T> | undefined;

/** A limiter that runs `concurrency` tasks at a time and lets `maxWaiting` more wait, first in, first out. */
export function createConcurrencyLimiter(concurrency: number, maxWaiting: number): ConcurrencyLimiter {
  const limit = pLimit(concurrency);
  return (task) => (limit.activeCount >= concurrency && limit.pendingCount >= maxWaiting ? undefined : limit(task));
}
