/** Settings of a BullMQ worker for jobs that end at once: no job stalls during a test, and a retry follows immediately. */
export const WORKER_SETTINGS = {
  lockDuration: 30_000,
  stalledInterval: 30_000,
  maxStalledCount: 1,
  removeOnComplete: { age: 3_600, count: 100 },
  settings: { backoffStrategy: () => 0 },
};
