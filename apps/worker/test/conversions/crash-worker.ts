import { fetchHttp } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../../src/worker.ts";
import { localPorts, localStores } from "../harness/local-deps.ts";
import type { CrashWorkerOptions, UploadCrashPoint } from "./crash-points.ts";

// A worker process that kills itself at one point of an upload.
const { databaseUrl, queueUrl, environment, point } = JSON.parse(process.argv[2] ?? "") as CrashWorkerOptions;

function crashAt(here: UploadCrashPoint): void {
  if (here === point) process.kill(process.pid, "SIGKILL");
}

/** A queue backend with the crash points that are before the jobs of a batch are added. */
function withCrashPoints(backend: QueueBackend): QueueBackend {
  return {
    ...backend,
    queue(name) {
      const queue = backend.queue(name);
      const addBulk = queue.addBulk.bind(queue);
      queue.addBulk = (jobs) => {
        if (jobs.some((job) => job.name === "outcome")) crashAt("recorded");
        if (jobs.some((job) => job.name === "upload" && job.opts?.delay)) crashAt("to be uploaded again");
        return addBulk(jobs);
      };
      return queue;
    },
  };
}

const database = openDatabase(databaseUrl, { maxConnections: 8, name: "test-crash" });
startWorker({
  stores: localStores(database, withCrashPoints(openQueueBackend(queueUrl, "consumer", 4))),
  ports: {
    ...localPorts(recordingLogger().log),
    http: async (request, signal) => {
      const response = await fetchHttp(request, signal);
      if (request.method === "POST") crashAt("received by Google");
      return response;
    },
  },
  integrations: integrations.map(({ id, handler, capabilities }) => ({
    id,
    handler: handler(environment),
    capabilities: { conversions: capabilities?.conversions?.read(environment) },
  })),
  formats: [],
  consumption: { queues: ["google-inbound", "google-uploads"], concurrency: 8, expiresAfterMs: {} },
  timings: { lockMs: 1_000, stalledCheckMs: 300, sweepMs: 200, batchWindowMs: 200, batchStepMs: 50, batchIdleMs: 500 },
});
