import { setTimeout as wait } from "node:timers/promises";
import type { BackendFactory, IQueueBackend } from "bullmq";

/** How long a worker waits in ms before it asks a store again that refused it or was away. */
export const RUN_RETRY_DELAY_MS = 1_000;

/** A SQLSTATE, the code of an error that Postgres reports. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Makes workers wait before they ask a store again that rejects them. BullMQ 6.7 waits only after a connection error. A
 * store that is read-only, full or loading would get the next request of every queue at once, in an endless loop.
 */
export function withSlowRetries(
  factory: BackendFactory<IQueueBackend, unknown>,
): BackendFactory<IQueueBackend, unknown> {
  return (name, options, factoryOptions) => {
    const backend = factory(name, options, factoryOptions);
    const moveToActive = backend.moveToActive.bind(backend);
    const waitForJob = backend.waitForJob.bind(backend);
    return Object.assign(backend, {
      moveToActive: (...request: Parameters<typeof moveToActive>) => delayRejection(moveToActive(...request)),
      waitForJob: (...request: Parameters<typeof waitForJob>) => delayRejection(waitForJob(...request)),
    });
  };
}

async function delayRejection<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    if (isRejection(error)) await wait(RUN_RETRY_DELAY_MS);
    throw error;
  }
}

/** Whether the store itself reported the error. A connection that closes, as at a stop, is none. */
function isRejection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "ReplyError" || ("code" in error && SQLSTATE.test(String(error.code)));
}
