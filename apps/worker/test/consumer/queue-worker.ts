import type { QueueRole } from "@millrace/core";
import { openQueueHarness } from "../harness/queue-harness.ts";

// A consumer process for a test to suspend. It reports the id of each job that it runs, and hangs in the job.
const [, , databaseUrl = "", queueUrl = "", role = ""] = process.argv;
const harness = await openQueueHarness(databaseUrl, queueUrl, role as QueueRole);
harness.startConsumer(({ id }) => {
  process.send?.(id);
  return new Promise(() => undefined);
});
