import { type EventHandler, type Logger, uuidv7, written } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { type JobQueue, openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../../src/worker.ts";
import { localPorts, localStores } from "../harness/local-deps.ts";
import { fakeIntegration } from "../harness/fake-integration.ts";
import type { ReplayCrashPoint } from "./replay-crash-points.ts";

// A worker process that kills itself at one point of a replay.
const [, , databaseUrl, queueUrl, point] = process.argv as [string, string, string, string, ReplayCrashPoint];

function crashAt(here: ReplayCrashPoint): void {
  if (here === point) process.kill(process.pid, "SIGKILL");
}

/** A queue backend with the crash points of a replayed job. */
function withCrashPoints(backend: QueueBackend): QueueBackend {
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

/** The fake integration after a first attempt, which ran in another process. */
function secondAttempt(): EventHandler {
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
function crashingLog(): Logger {
  const { log } = recordingLogger();
  return Object.assign(Object.create(log) as Logger, {
    info(fields: { outcome?: string }, message: string) {
      if (message === "job.attempted" && fields.outcome === "written") crashAt("committed");
      log.info(fields, message);
    },
  });
}

const database = openDatabase(databaseUrl, { maxConnections: 8, name: "test-crash" });
startWorker({
  stores: localStores(database, withCrashPoints(openQueueBackend(queueUrl, "consumer", 4))),
  ports: localPorts(crashingLog()),
  integrations: [{ id: "fake", handler: secondAttempt() }],
  formats: [],
  consumption: { concurrency: 8, expiresAfterMs: {} },
  timings: {
    lockMs: 1_000,
    stalledCheckMs: 300,
    sweepMs: 200,
    outageMs: 200,
    probes: { firstMs: 100, longestMs: 400 },
    resumeStepMs: 50,
    replayStepMs: 50,
  },
});
