import { afterAll, expect, test } from "vitest";
import { type ExhaustedJob, uuidv7 } from "@millrace/core";
import { createDeadLetterFollowUps, createDeadLetters, createLeases, openDatabase } from "@millrace/db";
import { queueDefinition } from "@millrace/queue";
import { recordingLogger, until, useTestDatabase } from "@millrace/testing";
import { createDeadLetterFollowUp } from "../../src/dead-letter-follow-up.ts";
import { startReconciler } from "../../src/loops/reconciler.ts";

const { url } = useTestDatabase();
const database = openDatabase(url, { maxConnections: 4, name: "test" });
afterAll(() => database.close());

const FAILED_AT = new Date("2026-03-01T08:00:00Z");
const job = (jobId: string, queue = "fake-inbound"): ExhaustedJob => ({
  queue,
  jobId,
  integration: "fake",
  eventId: jobId,
  kind: "fake",
  payload: {},
  errorKind: "permanent",
  error: "it broke",
  attempts: 1,
  correlationId: "c-1",
  receivedAt: FAILED_AT,
  failedAt: FAILED_AT,
});

test("8: what follows from a dead letter runs until it succeeds, once per failure, and delays no other", async () => {
  const log = recordingLogger();
  const deadLetters = createDeadLetterFollowUps(database);
  const runs: string[] = [];
  const followUp = createDeadLetterFollowUp({
    followUps: deadLetters,
    capabilities: {
      onDeadLettered(_definition, { jobId }) {
        runs.push(jobId);
        const failures = runs.filter((each) => each === jobId).length;
        return jobId === "broken" && failures < 3 ? Promise.reject(new Error("away")) : Promise.resolve();
      },
    },
    catalogue: [queueDefinition("fake", "inbound")],
    log: log.log,
  });
  const store = createDeadLetters(database, uuidv7);
  for (const each of [job("broken"), job("fine"), job("other", "unknown-inbound")]) await store.record(each);
  // The worker that records the failure tries at once.
  expect(await followUp(job("broken"))).toBe(false);

  const none = { rows: [], next: undefined };
  const reconciler = startReconciler({
    database,
    leases: createLeases(database),
    messages: { firstOfConversations: () => Promise.resolve(none) },
    backlog: { inPeriod: () => Promise.resolve(none), stillPending: () => Promise.resolve([]) },
    deadLetters,
    followUps: { enqueue: () => Promise.resolve(), close: () => Promise.resolve() },
    followUpDeadLetter: followUp,
    assistant: undefined,
    ports: { log: log.log, now: () => new Date(), newId: uuidv7 },
    timings: { reconcilerMs: 100 },
  });
  const open = async () => (await deadLetters.open(new Date())).rows.map(({ jobId }) => jobId);
  await until("both are followed up", async () => (await open()).join() === "other");
  await reconciler.stop();
  expect(runs).toEqual(["broken", "broken", "fine", "broken"]);
  expect(log.lines().filter(({ msg }) => msg === "dead_letter.follow_up_failed")).toHaveLength(2);
});
