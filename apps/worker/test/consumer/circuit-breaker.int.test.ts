import { uuidv7 } from "@millrace/core";
import { createPauseOperations, createPauses } from "@millrace/db";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeEvent, openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

describe.each(queueStores())("a circuit breaker on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  let rows: ReturnType<typeof openRows>;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
    rows = openRows(testDatabase.url);
  });
  afterEach(async () => {
    await rows.close();
    await harness.close();
  });

  const logged = (msg: string) => harness.log.lines().filter((line) => line["msg"] === msg);
  const doneIds = () =>
    logged("job.attempted")
      .filter((line) => line["outcome"] === "written")
      .map((line) => String(line["jobId"]));
  const counts = () => harness.eventStatuses.counts("fake");
  const callsOf = (scope: string) => harness.integration.attempts.get(scope) ?? 0;
  const pausedJobs = async () => (await rows.rows("select 1 from millrace.paused_jobs")).length;
  const enqueueAll = (count: number, name: string, scope: string) =>
    Promise.all(
      Array.from({ length: count }, (_, index) => harness.enqueue(`${name}${index}`, { do: "write", scope })),
    );
  /** Creates jobs that wait for a paused scope, as a worker leaves them. */
  const createWaitingJobs = async (count: number, name: string, scope: string) => {
    const notBefore = new Date(Date.now() + 600_000).toISOString();
    const ids = Array.from({ length: count }, (_, index) => `${name}${index}`);
    await harness.producer.enqueue(ids.map((id) => ({ ...fakeEvent(id, { do: "write", scope }), notBefore })));
    await rows.rows(`insert into millrace.paused_jobs (queue, job_id, scope)
      select 'fake-inbound', '${name}' || n, '${scope}' from generate_series(0, ${count - 1}) as n`);
  };

  test("14: an outage of a provider costs no attempt, and all its jobs complete after it", async () => {
    const { down } = harness.integration;
    down.add("page:1");
    harness.startWorker({ probes: { firstMs: 20, longestMs: 50 }, resumeStepMs: 20 }, () => 1 / 3);
    await enqueueAll(20, "one", "page:1");
    await until("every job waits for the scope", async () => (await pausedJobs()) === 20);
    // More probes than a job has attempts.
    await until("the scope is probed ten times", () => callsOf("page:1") > 30);
    expect(await harness.deadLetters()).toEqual([]);
    expect(logged("circuit.opened")).toHaveLength(1);
    await enqueueAll(5, "two", "page:2");
    await until("another account's jobs are done", async () => (await counts()).done === 5);
    down.clear();
    await until("every job is done", async () => (await counts()).done === 25);
    expect(await createPauses(harness.database, uuidv7).list()).toEqual([]);
    await until("no job waits for the scope", async () => (await pausedJobs()) === 0);
    for (const id of ["one0", "one19"]) expect((await harness.reader.find(id)).attemptsMade).toBeLessThanOrEqual(1);
  });

  test("14: only one job at a time probes an open scope, and the others do not run", async () => {
    const { down } = harness.integration;
    await createPauses(harness.database, uuidv7).set({
      scope: "page:1",
      kind: "unavailable",
      reason: "HTTP 503",
      waitMs: 600_000,
    });
    harness.startWorker({}, () => 1 / 3);
    await enqueueAll(40, "one", "page:1");
    await until("every job waits for the scope", async () => (await pausedJobs()) === 40);
    down.add("page:1");
    for (let probe = 1; probe <= 5; probe += 1) {
      await rows.rows("update millrace.pauses set until = now()");
      await until("a job probes the scope", () => callsOf("page:1") === probe);
      await rows.rows("update millrace.pauses set until = now() + interval '1 hour'");
      await until(
        "it waits again",
        async () => (await harness.reader.states()).size === 40 && (await pausedJobs()) === 40,
      );
      expect(callsOf("page:1")).toBe(probe);
    }
  });

  test("14: hundreds of jobs of a resumed scope do not delay another account's jobs until all of them are done", async () => {
    const COUNT = 400;
    await createPauses(harness.database, uuidv7).set({
      scope: "page:1",
      kind: "paused",
      reason: "token expired",
      waitMs: 600_000,
    });
    await createWaitingJobs(COUNT, "one", "page:1");
    harness.startWorker({}, () => 1 / 3);
    await createPauseOperations(harness.database, uuidv7).resume("page:1", { actor: "Bea" });
    await until("some of the jobs are done", () => doneIds().length > 50);
    await harness.enqueue("other", { do: "write", scope: "page:2" });
    await until("every job is done", async () => (await counts()).done === COUNT + 1, 60_000);
    const before = doneIds().indexOf("other");
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(COUNT / 2);
  });

  test("14: an event that alone provokes the provider's error becomes a dead letter, and its account goes on", async () => {
    harness.integration.down.add("bad");
    // Without jitter, the retries follow at once.
    harness.startWorker({}, () => 0);
    await harness.enqueue("bad", { do: "write", scope: "page:1" });
    let sent = 0;
    await until(
      "the event is dead",
      async () => {
        await harness.enqueue(`good${sent++}`, { do: "write", scope: "page:1" });
        return (await counts()).dead === 1;
      },
      60_000,
    );
    await until("the others are done", async () => (await counts()).done === sent);
    expect(await harness.deadLetters()).toMatchObject([{ job_id: "bad", error_kind: "retryable", error: "HTTP 503" }]);
  });

  test("14: an event that is too old to wait for its provider becomes a dead letter with the reason", async () => {
    harness.integration.down.add("page:1");
    harness.startWorker({}, () => 1 / 3);
    await harness.enqueue(
      "late",
      { do: "write", scope: "page:1" },
      { expiresAt: new Date(Date.now() + 1_500).toISOString() },
    );
    await harness.enqueue("young", { do: "write", scope: "page:1" });
    await until("the old event is dead", async () => (await counts()).dead === 1);
    expect(await harness.deadLetters()).toMatchObject([{ job_id: "late", error_kind: "permanent" }]);
    harness.integration.down.clear();
    await until("the other one is done", async () => (await counts()).done === 1);
  });
});
