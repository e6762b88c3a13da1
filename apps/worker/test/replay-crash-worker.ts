import type { EventHandler, Logger } from "@millrace/core";
import { openDatabase } from "@millrace/db";
import { type JobQueue, openQueueBackend, type QueueBackend } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { startWorker } from "../src/worker.ts";
import { localParts } from "./local-parts.ts";
import { probeHandler } from "./probe.ts";
import type { CrashPoint } from "./replay-crash.int.test.ts";

// A worker in a process of its own that is killed at one point of a replay.
const [, , databaseUrl, queueUrl, point] = process.argv as [string, string, string, string, CrashPoint];

function crashAt(here: CrashPoint): void {
  if (here === point) process.kill(process.pid, "SIGKILL");
}

/** A queue's backend whose replayed jobs come by the points of a crash. */
function crashing(backend: QueueBackend): QueueBackend {
  return {
    ...backend,
    queue(name) {
      const queue: JobQueue = backend.queue(name);
      const getJob = queue.getJob.bind(queue);
      const getJobs = queue.getJobs.bind(queue);
      const addBulk = queue.addBulk.bind(queue);
      // The sweep for dead letters lists the failed jobs, each by its id.
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
        crashAt("cleared");
        const added = await addBulk(jobs);
        crashAt("put");
        return added;
      };
      return queue;
    },
  };
}

/** To this process it is the second attempt. */
function secondAttempt(): EventHandler {
  const { handler, attempts } = probeHandler(() => new Date());
  return {
    ...handler,
    async handle(event, context) {
      attempts.set(event.id, 1);
      const write = await handler.handle(event, context);
      return async (stores) => {
        const outcome = await write(stores);
        crashAt("written");
        return outcome;
      };
    },
  };
}

/** The line about an attempt is written once its effects are committed, and before its job is completed. */
function crashingLog(): Logger {
  const { log } = recordingLogger();
  return Object.assign(Object.create(log) as Logger, {
    info(fields: { outcome?: string }, message: string) {
      if (message === "job.attempted" && fields.outcome === "written") crashAt("committed");
      log.info(fields, message);
    },
  });
}

startWorker({
  ...localParts(openDatabase(databaseUrl, { maxConnections: 8, name: "test-crash" })),
  backend: crashing(openQueueBackend(queueUrl, "consumer", 4)),
  integrations: [{ id: "probe", handler: secondAttempt() }],
  concurrency: 8,
  log: crashingLog(),
  random: () => 0,
  timings: { lockMs: 1_000, stalledCheckMs: 300, sweepMs: 200, outageMs: 200, probeMs: 400, replayStepMs: 50 },
});
