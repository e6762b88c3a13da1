import type { BackendFactory, IQueueBackend } from "bullmq";
import { expect, test } from "vitest";
import { RUN_RETRY_DELAY_MS, withSlowRetries } from "./slow-retries.ts";

/** Returns how long a worker's two requests take to reject, in ms, when the store rejects them with this error. */
async function rejectionTimes(error: Error): Promise<number[]> {
  const rejecting = async () => {
    throw error;
  };
  const factory = (() => ({ moveToActive: rejecting, waitForJob: rejecting })) as unknown as BackendFactory<
    IQueueBackend,
    unknown
  >;
  const backend = withSlowRetries(factory)("fake-inbound", { connection: "unused" }, undefined);
  const [moveToActive, waitForJob] = [
    backend.moveToActive,
    backend.waitForJob,
  ] as unknown as (() => Promise<unknown>)[];
  return Promise.all(
    [moveToActive, waitForJob].map(async (request) => {
      const startedAt = performance.now();
      await expect(request?.()).rejects.toBe(error);
      return performance.now() - startedAt;
    }),
  );
}

test.each([
  ["Redis", Object.assign(new Error("OOM command not allowed"), { name: "ReplyError" })],
  ["Postgres", Object.assign(new Error("cannot execute INSERT"), { code: "25006" })],
])("14: a worker waits before it asks %s again that rejects its requests", async (_, error) => {
  // A timer can end a ms early.
  for (const ms of await rejectionTimes(error)) expect(ms).toBeGreaterThanOrEqual(RUN_RETRY_DELAY_MS - 2);
});

test("a worker does not wait after a connection that closed, so that a stop is fast", async () => {
  const error = Object.assign(new Error("the connection is closed"), { code: "ECONNRESET" });
  for (const ms of await rejectionTimes(error)) expect(ms).toBeLessThan(RUN_RETRY_DELAY_MS / 2);
});
