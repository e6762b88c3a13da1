import type { QueueRole } from "@millrace/core";
import { openQueueHarness, OutageError } from "../harness/queue-harness.ts";

// A consumer process for a test to kill or suspend. It reports the id of each job that it runs. It hangs in the job, or
// it waits for an outage that lasts: then it reports the job once it has waited.
const [, , databaseUrl = "", queueUrl = "", role = "", mode = ""] = process.argv;
const harness = await openQueueHarness(databaseUrl, queueUrl, role as QueueRole);
let attempts = 0;
harness.startConsumer(({ id }) => {
  attempts += 1;
  if (mode === "hang" || attempts > 1) process.send?.(id);
  return mode === "hang" ? new Promise(() => undefined) : Promise.reject(new OutageError());
});
