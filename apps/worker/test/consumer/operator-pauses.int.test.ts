import { uuidv7 } from "@millrace/core";
import { createPauseOperations, type PauseOperations } from "@millrace/db";
import { openRows, queueStores, until, useTestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

describe.each(queueStores())("an operator's pause on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;
  let operations: PauseOperations;
  const ada = { actor: "ada", reason: "the page moves" };

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
    operations = createPauseOperations(harness.database, uuidv7);
  });
  afterEach(() => harness.close());

  const done = async () => (await harness.eventStatuses.counts("fake")).done;
  const waitingJobs = async () => (await operations.list())[0]?.waitingJobs;
  const write = (id: string, scope: string) => harness.enqueue(id, { do: "write", scope });

  test("14: its jobs wait without a probe while other accounts go on, and run once it ends", async () => {
    await operations.set("page:1", ada);
    harness.startWorker();
    for (const id of ["one", "two", "three"]) await write(id, "page:1");
    await until("the jobs wait", async () => (await waitingJobs()) === 3);
    await write("other", "page:2");
    await until("the other account's job is done", async () => (await done()) === 1);
    expect(await operations.list()).toMatchObject([{ scope: "page:1", probes: 0, waitingJobs: 3 }]);
    await operations.resume("page:1", ada);
    await until("the jobs are done", async () => (await done()) === 4);
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("14: a rate limit of months ends when an operator ends it", async () => {
    const rows = openRows(testDatabase.url);
    await rows.rows(`insert into millrace.pauses (scope, kind, reason, until)
      values ('page:1', 'rate_limited', 'HTTP 429', now() + interval '365 days')`);
    await rows.close();
    harness.startWorker();
    await write("one", "page:1");
    await until("the job waits", async () => (await waitingJobs()) === 1);
    await operations.resume("page:1", ada);
    await until("the job is done", async () => (await done()) === 1);
    expect(await operations.list()).toEqual([]);
  });

  test("14: a pause with a duration ends by itself when the first probe after it succeeds", async () => {
    await operations.set("page:1", ada, 1_000);
    harness.startWorker();
    for (const id of ["one", "two"]) await write(id, "page:1");
    await until("the jobs are done", async () => (await done()) === 2);
    expect(await operations.list()).toEqual([]);
  });
});
