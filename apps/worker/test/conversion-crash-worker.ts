import { type Environment, fetchHttp } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../src/worker.ts";
import type { CrashPoint } from "./conversion-crash.int.test.ts";
import { localParts } from "./local-parts.ts";

/** What the worker is told, as JSON in its first argument. */
export type CrashOrder = { databaseUrl: string; queueUrl: string; environment: Environment; point: CrashPoint };

// A worker in a process of its own that is killed at one point of an upload.
const { databaseUrl, queueUrl, environment, point } = JSON.parse(process.argv[2] ?? "") as CrashOrder;

function crashAt(here: CrashPoint): void {
  if (here === point) process.kill(process.pid, "SIGKILL");
}

/** A queue's backend that comes by the points of a crash before it takes a batch's jobs. */
function crashing(backend: QueueBackend): QueueBackend {
  return {
    ...backend,
    queue(name) {
      const queue = backend.queue(name);
      const addBulk = queue.addBulk.bind(queue);
      queue.addBulk = (jobs) => {
        if (jobs.some((job) => job.name === "outcome")) crashAt("recorded");
        if (jobs.some((job) => job.name === "upload" && job.opts?.delay)) crashAt("to be sent again");
        return addBulk(jobs);
      };
      return queue;
    },
  };
}

startWorker({
  ...localParts(openDatabase(databaseUrl, { maxConnections: 8, name: "test-crash" })),
  backend: crashing(openQueueBackend(queueUrl, "consumer", 4)),
  integrations: integrations.map(({ id, handler, uploads }) => ({
    id,
    handler: handler(environment),
    uploads: uploads?.(environment),
  })),
  queues: ["google-inbound", "google-uploads"],
  concurrency: 8,
  http: async (request, signal) => {
    const response = await fetchHttp(request, signal);
    if (request.method === "POST") crashAt("taken");
    return response;
  },
  log: recordingLogger().log,
  random: () => 0,
  timings: { lockMs: 1_000, stalledCheckMs: 300, sweepMs: 200, batchWindowMs: 200, batchStepMs: 50, batchIdleMs: 500 },
});
