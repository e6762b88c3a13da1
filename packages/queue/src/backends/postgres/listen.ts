import type { IQueueBackend } from "bullmq";

/** The longest time that a worker waits for a notification, in s. It is BullMQ's own limit on Redis. */
const LONGEST_WAIT_S = 10;

/**
 * Makes a worker repeat LISTEN after each wait without a notification, and ask for jobs at least every 10 s. A connection
 * that listens sends nothing, so it does not find out that its server is gone. With the next job in an hour, BullMQ 6.7
 * would wait on it for an hour. The statement gets no answer from such a server, and then the connection is replaced.
 */
export function listenAgain(backend: IQueueBackend): IQueueBackend {
  const listener = backend as unknown as { listening: boolean };
  const waitForJob = backend.waitForJob.bind(backend);
  Object.defineProperty(backend, "maximumBlockTimeout", { value: LONGEST_WAIT_S });
  return Object.assign(backend, {
    async waitForJob(seconds: number) {
      const notified = await waitForJob(seconds);
      if (!notified) listener.listening = false;
      return notified;
    },
  });
}
