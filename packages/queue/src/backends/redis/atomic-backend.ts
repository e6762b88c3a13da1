import { type BackendFactory, createRedisBackend, RedisQueueBackend } from "bullmq";
import { isFailover } from "./failover.ts";

/**
 * BullMQ's Redis backend with `addBulk` in a transaction. BullMQ itself sends a pipeline. When Redis runs full or stops
 * in the middle of a pipeline, it keeps a part of it, but a webhook request must be in the queue as a whole or not at all.
 */
class AtomicRedisBackend extends RedisQueueBackend {
  override async addJobs(entries: Parameters<RedisQueueBackend["addJobs"]>[0]): Promise<string[]> {
    const client = await this.queue.client;
    const transaction = client.multi();
    for (const { job, jobId, parentKeyOpts } of entries) {
      void this.addJobToTransaction(transaction, job, jobId, parentKeyOpts);
    }
    const results = await transaction.exec();
    if (results === null) throw new Error("Redis discarded the transaction");
    return results.map(([error, id]) => {
      if (error) {
        // ioredis does not look for `reconnectOnError` among the results of a transaction.
        if (isFailover(error)) client.disconnect(true);
        throw error;
      }
      return String(id);
    });
  }
}

/** Creates an {@link AtomicRedisBackend}. */
export const createAtomicRedisBackend: BackendFactory<RedisQueueBackend> = (name, options, factoryOptions) => {
  const backend = createRedisBackend(name, options, factoryOptions);
  return Object.setPrototypeOf(backend, AtomicRedisBackend.prototype) as RedisQueueBackend;
};
