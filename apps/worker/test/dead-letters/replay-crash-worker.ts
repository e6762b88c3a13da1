import { type EventHandler, type Logger, uuidv7, written } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { type JobQueue, openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../../src/worker.ts";
import { fakeIntegration } from "../harness/fake-integration.ts";
import { localPorts, localStores } from "../harness/local-deps.ts";
import { openLosableStores } from "../harness/losable-stores.ts";
import { TEST_TIMINGS } from "../harness/worker-harness.ts";

/**
 * Where a replay's worker is lost: the dead letter is marked as replaying, the old job is removed, the new job is added,
 * the effects are written, or the effects are committed and the job is not completed.
 */
export const REPLAY_CRASH_POINTS = ["marked", "removed", "requeued", "written", "committed"] as const;

/** See {@link REPLAY_CRASH_POINTS}. */
export type ReplayCrashPoint = (typeof REPLAY_CRASH_POINTS)[number];

/** Ends the worker if it is lost at this point. */
type CrashAt = (here: ReplayCrashPoint) => void;

/** Starts a worker in this process that is lost at one point of a replay, as if its process was killed. */
export async function startReplayCrashWorker(
  urls: { databaseUrl: string; queueUrl: string },
  point: ReplayCrashPoint,
): Promise<{ lost: Promise<void>; close(): Promise<void> }> {
  const stores = await openLosableStores(urls);
  const lost = Promise.withResolvers<void>();
  const crashAt: CrashAt = (here) => {
    if (here !== point) return;
    stores.lose();
    lost.resolve();
  };
  const database = openDatabase(stores.databaseUrl, { maxConnections: 8, name: "test-crash" });
  const backend = openQueueBackend(stores.queueUrl, "consumer", 4);
  const worker = startWorker({
    stores: localStores(database, withCrashPoints(backend, crashAt)),
    ports: localPorts(crashingLog(crashAt)),
    integrations: [{ id: "fake", handler: secondAttempt(crashAt) }],
    formats: [],
    consumption: { concurrency: 8, expiresAfterMs: {} },
    timings: TEST_TIMINGS,
  });
  return {
    lost: lost.promise,
    async close() {
      stores.restore();
      await worker.stop(100);
      await backend.close();
      await database.close();
      await stores.close();
    },
  };
}

/** A queue backend with the crash points of a replayed job. */
function withCrashPoints(backend: QueueBackend, crashAt: CrashAt): QueueBackend {
  return {
    ...backend,
    queue(name) {
      const queue: JobQueue = backend.queue(name);
      const getJob = queue.getJob.bind(queue);
      const getJobs = queue.getJobs.bind(queue);
      const addBulk = queue.addBulk.bind(queue);
      // The sweep for dead letters also calls getJob, for each failed job that it lists.
      let listing = 0;
      queue.getJobs = async (...which) => {
        listing += 1;
        return getJobs(...which).finally(() => {
          listing -= 1;
        });
      };
      queue.getJob = (id) => {
        if (listing === 0) crashAt("marked");
        return getJob(id);
      };
      queue.addBulk = async (jobs) => {
        crashAt("removed");
        const added = await addBulk(jobs);
        crashAt("requeued");
        return added;
      };
      return queue;
    },
  };
}

/** The fake integration after a first attempt. */
function secondAttempt(crashAt: CrashAt): EventHandler {
  const { handler, attempts } = fakeIntegration(() => new Date());
  return {
    ...handler,
    handle(event, fetched) {
      attempts.set(event.id, 1);
      const { facts } = handler.handle(event, fetched);
      return written(...facts, {
        fact: "message_suppressed",
        messageId: uuidv7(),
        // Applying the facts reads it after the facts before are applied, and before the commit.
        get reason() {
          crashAt("written");
          return "";
        },
      });
    },
  };
}

/** A log that crashes at the line about an attempt: its effects are committed and its job is not completed. */
function crashingLog(crashAt: CrashAt): Logger {
  const { log } = recordingLogger();
  return Object.assign(Object.create(log) as Logger, {
    info(fields: { outcome?: string }, message: string) {
      if (message === "job.attempted" && fields.outcome === "written") crashAt("committed");
      log.info(fields, message);
    },
  });
}
