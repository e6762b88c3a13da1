import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EVENT_VERSION, type ExhaustedJob } from "@millrace/core";
import { queueStores, recordingLogger, until, useTestDatabase, WORKER_SETTINGS } from "@millrace/testing";
import type { JobQueue, QueueBackend } from "../backends/backend.ts";
import { openQueueBackend } from "../backends/open-backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createDeadLetterCollector } from "./collector.ts";

const DEFINITION = queueDefinition("fake", "inbound");

/** More than two pages of a sweep. */
const FAILED = 250;

describe.each(queueStores())("the collector of dead letters on $kind", (store) => {
  const database = useTestDatabase();
  let backend: QueueBackend;
  let queue: JobQueue;

  beforeEach(async () => {
    backend = openQueueBackend(await store.url(database.url), "consumer", 4);
    queue = backend.queue(DEFINITION.name);
    await queue.addBulk(
      Array.from({ length: FAILED }, (_, index) => ({
        name: "fake",
        data: eventOf(index),
        opts: { jobId: `job-${index}` },
      })),
    );
    const worker = backend.worker(DEFINITION.name, () => Promise.reject(new Error("it broke")), {
      autorun: true,
      concurrency: 20,
      ...WORKER_SETTINGS,
    });
    await until("all have failed", async () => (await queue.getFailedCount()) === FAILED);
    await worker.close();
  });
  afterEach(async () => {
    await queue.obliterate({ force: true });
    await queue.close();
    await backend.close();
  });

  /** A collector of the queue, and what it asked of the store of dead letters. */
  function collector(isRecorded: (jobId: string) => boolean, onRecord: () => void = () => undefined) {
    const asked = { statements: 0, recorded: [] as ExhaustedJob[] };
    const deadLetters = {
      record(job: ExhaustedJob) {
        asked.recorded.push(job);
        onRecord();
        return Promise.resolve(true);
      },
      findRecorded(_queue: string, failures: readonly { jobId: string }[]) {
        asked.statements += 1;
        return Promise.resolve(new Set(failures.map(({ jobId }) => jobId).filter(isRecorded)));
      },
    };
    const { log } = recordingLogger();
    return { asked, collector: createDeadLetterCollector(queue, DEFINITION, deadLetters, log, () => new Date()) };
  }

  test("8: the first sweep asks for known dead letters in pages, and writes only the unknown one, with its position", async () => {
    const { collector: first, asked } = collector((jobId) => jobId !== "job-170");
    await first.sweep(new AbortController().signal);
    expect(asked.recorded).toMatchObject([{ jobId: "job-170", eventId: "job-170", index: 170 }]);
    expect(asked.statements).toBe(3);
  });

  test("8: a sweep that is stopped ends after the job at hand, and the next sweep reads all jobs again", async () => {
    const stopping = new AbortController();
    const { collector: stopped, asked } = collector(
      () => false,
      () => {
        if (asked.recorded.length === 3) stopping.abort();
      },
    );
    await stopped.sweep(stopping.signal);
    expect(asked.recorded).toHaveLength(3);
    await stopped.sweep(new AbortController().signal);
    expect(new Set(asked.recorded.map(({ jobId }) => jobId)).size).toBe(FAILED);
  });
});

function eventOf(index: number) {
  const origin = { correlationId: "c-1", receivedAt: "2026-03-01T08:00:00.000Z", index };
  return { v: EVENT_VERSION, integration: "fake", id: `job-${index}`, kind: "fake", payload: {}, ...origin };
}
