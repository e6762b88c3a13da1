import type { InboundEvent, QueueRole } from "@millrace/core";
import { openLosableStores } from "../harness/losable-stores.ts";
import { openQueueHarness, OutageError, type QueueHarnessOptions } from "../harness/queue-harness.ts";

/** A consumer in this process that a test loses as if its process was killed. */
export type LosableConsumer = {
  /** Resolves with the id of the first job that it hangs in, or that it runs again after an outage; with the ids of a batch. */
  firstReport: Promise<string>;
  lose(): void;
  /** Closes it, also when it is lost. */
  close(): Promise<void>;
};

/**
 * Starts a consumer that hangs in each job, or in the jobs that it processes together, or that waits at each job for an
 * outage of Postgres that lasts.
 */
export async function startLosableConsumer(
  urls: { databaseUrl: string; queueUrl: string },
  role: QueueRole,
  mode: "hang" | "hang together" | "outage",
  options?: QueueHarnessOptions,
): Promise<LosableConsumer> {
  const stores = await openLosableStores(urls);
  const harness = await openQueueHarness(stores.databaseUrl, stores.queueUrl, role, options);
  const report = Promise.withResolvers<string>();
  let attempts = 0;
  const hang = () => new Promise<never>(() => undefined);
  const process = ({ id }: InboundEvent) => {
    attempts += 1;
    if (mode !== "outage" || attempts > 1) report.resolve(id);
    return mode === "outage" ? Promise.reject(new OutageError()) : hang();
  };
  const processTogether = (events: readonly InboundEvent[]) => {
    report.resolve(events.map(({ id }) => id).join());
    return hang();
  };
  harness.startConsumer(mode === "hang together" ? { process, processTogether } : process);
  return {
    firstReport: report.promise,
    lose: stores.lose,
    async close() {
      stores.restore();
      await harness.close();
      await stores.close();
    },
  };
}
