import { type Environment, fetchHttp } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { integrations } from "@millrace/integrations";
import { openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../../src/worker.ts";
import { localPorts, localStores } from "../harness/local-deps.ts";
import { openLosableStores } from "../harness/losable-stores.ts";

/** Where an upload's worker is lost. */
export const UPLOAD_CRASH_POINTS = ["received by Google", "recorded", "to be uploaded again"] as const;

/** See {@link UPLOAD_CRASH_POINTS}. */
export type UploadCrashPoint = (typeof UPLOAD_CRASH_POINTS)[number];

/** Ends the worker if it is lost at this point. */
type CrashAt = (here: UploadCrashPoint) => void;

/** Starts a worker in this process that is lost at one point of an upload, as if its process was killed. */
export async function startUploadCrashWorker(
  { environment, ...urls }: { databaseUrl: string; queueUrl: string; environment: Environment },
  point: UploadCrashPoint,
): Promise<{ isLost(): boolean; close(): Promise<void> }> {
  const stores = await openLosableStores(urls);
  let isLost = false;
  const crashAt: CrashAt = (here) => {
    if (here !== point) return;
    stores.lose();
    isLost = true;
  };
  const database = openDatabase(stores.databaseUrl, { maxConnections: 8, name: "test-crash" });
  const backend = openQueueBackend(stores.queueUrl, "consumer", 4);
  const worker = startWorker({
    stores: localStores(database, withCrashPoints(backend, crashAt)),
    ports: {
      ...localPorts(recordingLogger().log),
      http: async (request, signal) => {
        // A lost worker reaches Google no more than its stores.
        if (isLost) return new Promise(() => undefined);
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
    timings: {
      lockMs: 1_000,
      stalledCheckMs: 300,
      sweepMs: 200,
      batchWindowMs: 200,
      batchStepMs: 50,
      batchIdleMs: 500,
    },
  });
  return {
    isLost: () => isLost,
    async close() {
      stores.restore();
      await worker.stop(100);
      await backend.close();
      await database.close();
      await stores.close();
    },
  };
}

/** A queue backend with the crash points that are before the jobs of a batch are added. */
function withCrashPoints(backend: QueueBackend, crashAt: CrashAt): QueueBackend {
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
