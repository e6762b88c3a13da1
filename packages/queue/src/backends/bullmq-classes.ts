import {
  type BackendFactory,
  type IQueueBackend,
  Job,
  type JobProgress,
  Queue,
  type QueueOptions,
  Worker,
} from "bullmq";
import type { StoreBackend } from "./backend.ts";
import { RUN_RETRY_DELAY_MS, withSlowRetries } from "./slow-retries.ts";

/**
 * Creates BullMQ's queues and workers with a factory that has the connection.
 * @param jobClass how jobs are written to the store and read from it
 */
export function bullmqClasses(
  factory: BackendFactory<IQueueBackend, unknown>,
  queueOptions: Pick<QueueOptions, "skipMetasUpdate" | "streams">,
  jobClass = Job,
): Pick<StoreBackend, "queue" | "worker"> {
  const connection = "unused: the factory has the connection";
  class StoreQueue extends Queue<unknown, unknown, string, unknown, unknown, string, IQueueBackend, unknown> {
    protected override get Job() {
      return jobClass;
    }
  }
  class StoreWorker extends Worker<unknown, unknown, string, IQueueBackend, JobProgress, unknown> {
    protected override get Job() {
      return jobClass;
    }
  }
  return {
    queue: (name) => withoutErrorEvents(new StoreQueue(name, { connection, ...queueOptions }, factory)),
    worker: (name, process, settings) =>
      withoutErrorEvents(
        new StoreWorker(
          name,
          process,
          // BullMQ's 15 s are long for a restart of the store.
          { connection, runRetryDelay: RUN_RETRY_DELAY_MS, ...settings },
          withSlowRetries(factory),
        ),
      ),
  };
}

/** BullMQ emits each connection error on every object, although the command that failed rejects with it too. */
function withoutErrorEvents<T extends { on(event: "error", listener: () => void): unknown }>(emitter: T): T {
  emitter.on("error", () => undefined);
  return emitter;
}
