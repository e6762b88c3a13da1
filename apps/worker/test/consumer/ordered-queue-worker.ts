import { openQueueHarness } from "../harness/queue-harness.ts";

// A consumer process of requests for a test to kill while it runs the first job of the ordered queue.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const harness = await openQueueHarness(databaseUrl, queueUrl, "requests");
harness.startConsumer((event) => {
  process.send?.(event.id);
  return new Promise(() => undefined);
});
