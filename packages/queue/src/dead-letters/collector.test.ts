import type { Job } from "bullmq";
import { expect, test } from "vitest";
import type { ExhaustedJob } from "@millrace/core";
import type { JobQueue } from "../backends/backend.ts";
import { queueDefinition } from "../catalogue.ts";
import { createDeadLetterCollector } from "./collector.ts";

const NOW = new Date("2026-03-01T08:00:00Z");
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A collector over a queue with failed jobs, latest first, and what it asked of the store of dead letters. */
function collectorOver(failed: number, isRecorded: (jobId: string) => boolean, onRecord = () => undefined) {
  const jobs = Array.from({ length: failed }, (_, index) => ({
    id: `job-${index}`,
    name: "fake",
    data: {},
    timestamp: NOW.getTime(),
    attemptsMade: 1,
    finishedOn: NOW.getTime() - index,
  }));
  const queue = {
    getJobs: (_states: unknown, from: number, to: number, ascending: boolean) =>
      Promise.resolve((ascending ? jobs.toReversed() : jobs).slice(from, to + 1) as unknown as Job[]),
  } as unknown as JobQueue;
  const asked = { statements: 0, recorded: [] as string[] };
  const store = {
    record({ jobId }: ExhaustedJob) {
      asked.recorded.push(jobId);
      onRecord();
      return Promise.resolve(true);
    },
    findRecorded(_queue: string, failures: readonly { jobId: string }[]) {
      asked.statements += 1;
      return Promise.resolve(new Set(failures.map(({ jobId }) => jobId).filter(isRecorded)));
    },
  };
  const definition = queueDefinition("fake", "inbound");
  return { collector: createDeadLetterCollector(queue, definition, store, log, () => NOW), asked };
}

test("8: the first sweep asks for known dead letters in pages, and writes only the unknown ones", async () => {
  const { collector, asked } = collectorOver(4_000, (jobId) => jobId !== "job-2500");
  await collector.sweep(new AbortController().signal);
  expect(asked.recorded).toEqual(["job-2500"]);
  expect(asked.statements).toBe(40);
});

test("8: a sweep that is stopped ends after the job at hand, and the next sweep reads all jobs again", async () => {
  const stopping = new AbortController();
  let writes = 0;
  const { collector, asked } = collectorOver(
    4_000,
    () => false,
    () => {
      writes += 1;
      if (writes === 3) stopping.abort();
    },
  );
  await collector.sweep(stopping.signal);
  expect(asked.recorded).toEqual(["job-0", "job-1", "job-2"]);
  await collector.sweep(new AbortController().signal);
  expect(new Set(asked.recorded).size).toBe(4_000);
});
