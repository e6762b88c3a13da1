import { openWorkerHarness } from "../harness/worker-harness.ts";

// A worker process for a test to kill in the middle of a job. It reports the id of each job that hangs.
const [, , databaseUrl = "", queueUrl = ""] = process.argv;
const harness = await openWorkerHarness(databaseUrl, queueUrl);
const { running } = harness.integration;
const add = running.add.bind(running);
running.add = (id) => {
  process.send?.(id);
  return add(id);
};
harness.startWorker();
