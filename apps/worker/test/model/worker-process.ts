import type { Environment } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { openQueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { type WorkerTestTimings, startConversationWorker } from "../harness/conversation-worker.ts";

/** The first argument of the process, as JSON. */
export type WorkerProcessOptions = {
  databaseUrl: string;
  queueUrl: string;
  environment: Environment;
  timings: WorkerTestTimings;
  /** In place of each random number. */
  random: number;
};

// A worker process that the model kills at any moment.
const { databaseUrl, queueUrl, environment, timings, random } = JSON.parse(
  process.argv[2] ?? "",
) as WorkerProcessOptions;
startConversationWorker(
  {
    database: openDatabase(databaseUrl, { maxConnections: 10, name: "test-killed" }),
    lockDatabase: openDatabase(databaseUrl, { maxConnections: 8, name: "test-killed-lock" }),
    backend: openQueueBackend(queueUrl, "consumer", 8),
    environment,
    log: recordingLogger().log,
    random: () => random,
  },
  timings,
);
process.send?.("ready");
// The parent process has ended, so it can no longer kill this one.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
