import { type BackendFactory, createRedisBackend, RedisQueueBackend } from "bullmq";

/**
 * BullMQ's Redis backend with one difference: `addBulk` is a transaction. BullMQ sends a pipeline, of which a Redis that
 * runs full or dies in the middle keeps a part; a webhook request must be in the queue as a whole or not at all.
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
      if (error) throw error;
      return String(id);
    });
  }
}

/** See {@link AtomicRedisBackend}. */
export const createAtomicRedisBackend: BackendFactory<RedisQueueBackend> = (name, options, factoryOptions) => {
  const backend = createRedisBackend(name, options, factoryOptions);
  return Object.setPrototypeOf(backend, AtomicRedisBackend.prototype) as RedisQueueBackend;
};
