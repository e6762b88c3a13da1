import type { JobQueue, QueueBackend } from "./backend.ts";

/** Queues by name, each opened on first use. */
export type OpenedQueues = { get(name: string): JobQueue; close(): Promise<void> };

/** Creates {@link OpenedQueues} without an open queue. */
export function createOpenedQueues(backend: QueueBackend): OpenedQueues {
  const queues = new Map<string, JobQueue>();
  return {
    get(name) {
      const queue = queues.get(name) ?? backend.queue(name);
      queues.set(name, queue);
      return queue;
    },
    async close() {
      for (const queue of queues.values()) await queue.close();
    },
  };
}
