import type { Environment } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { openQueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { type QuickTimings, startConversationsWorker } from "../conversations-worker.ts";

/** What a worker in a process of its own is told, as JSON in its first argument. */
export type WorkerOrder = {
  databaseUrl: string;
  queueUrl: string;
  environment: Environment;
  timings: QuickTimings;
  /** Stands for each random number; see ConversationsOptions. */
  random: number;
};

// A worker in a process of its own, to be killed at any moment.
const { databaseUrl, queueUrl, environment, timings, random } = JSON.parse(process.argv[2] ?? "") as WorkerOrder;
startConversationsWorker(
  {
    database: openDatabase(databaseUrl, { maxConnections: 10, name: "test-killed" }),
    lockDatabase: openDatabase(databaseUrl, { maxConnections: 8, name: "test-killed-fence" }),
    backend: openQueueBackend(queueUrl, "consumer", 8),
    environment,
    log: recordingLogger().log,
    random: () => random,
  },
  timings,
);
process.send?.("ready");
// Nobody is left who would kill it.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
