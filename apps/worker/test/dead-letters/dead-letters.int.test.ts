import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness, fakeEvent } from "../harness/worker-harness.ts";

describe.each(queueStores())("8: every exhausted job has exactly one dead letter, on $kind:", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await harness.close();
  });

  const deadLetterOf = (id: string) =>
    until(`${id} is dead`, async () =>
      (await harness.deadLetters()).find((row) => row.job_id === id && row.state === "dead"),
    );

  test("after its last attempt", async () => {
    harness.startWorker();
    await harness.enqueue("exhausted", { do: "fail" });
    expect(await deadLetterOf("exhausted")).toMatchObject({
      error_kind: "retryable",
      error: "asked to fail",
      attempts: 8,
      correlation_id: "corr-exhausted",
    });
    expect(harness.integration.attempts.get("exhausted")).toBe(8);
  });

  test("after a permanent error", async () => {
    harness.startWorker();
    await harness.enqueue("permanent", { do: "give_up" });
    expect(await deadLetterOf("permanent")).toMatchObject({
      error_kind: "permanent",
      error: "asked to give up",
      attempts: 1,
    });
  });

  test("after an UnrecoverableError", async () => {
    harness.startWorker();
    await harness.enqueue("unrecoverable", { do: "unrecoverable" });
    expect(await deadLetterOf("unrecoverable")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("with a payload version that no worker knows", async () => {
    harness.startWorker();
    const old = { ...fakeEvent("old", { do: "write" }), v: 0 as 1 };
    await harness.producer.enqueue([old]);
    expect(await deadLetterOf("old")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("when several workers see the same failure", async () => {
    for (let index = 0; index < 4; index++) harness.startWorker();
    await Promise.all(Array.from({ length: 40 }, (_, index) => harness.enqueue(`many${index}`, { do: "give_up" })));
    await until("every dead letter is written", async () => (await harness.deadLetters()).length >= 40);
    // Meanwhile every worker sweeps the failed jobs several more times.
    await harness.enqueue("last", { do: "give_up" });
    await deadLetterOf("last");
    expect(await harness.deadLetters()).toHaveLength(41);
  });

  test("when one dead letter cannot be written: the others are, and it is written later", async () => {
    await harness.refuseDeadLettersOf("before|refused|after");
    harness.startWorker();
    for (const id of ["before", "refused", "after"]) {
      await harness.enqueue(id, { do: "give_up" });
      await until(`${id} has failed`, async () => (await harness.reader.find(id)).place === "failed");
    }
    await until("a sweep has failed", () =>
      harness.log.lines().some((line) => line["msg"] === "dead_letter.sweep_failed"),
    );
    await harness.refuseDeadLettersOf("refused");
    await deadLetterOf("before");
    await deadLetterOf("after");
    await harness.refuseDeadLettersOf("unknown");
    await deadLetterOf("refused");
    expect(await harness.deadLetters()).toHaveLength(3);
  });

  test("a retry by BullMQ that succeeds resolves it, and one that fails keeps the same row", async () => {
    harness.startWorker();
    await harness.enqueue("mended", { do: "give_up", times: 1 });
    await harness.enqueue("broken", { do: "give_up", times: 2 });
    await deadLetterOf("mended");
    await deadLetterOf("broken");
    const queue = harness.backend.queue("fake-inbound");
    for (const id of ["mended", "broken"]) await (await queue.getJob(id))?.retry("failed");
    await until("one is resolved", async () =>
      (await harness.deadLetters()).find((row) => row.job_id === "mended" && row.state === "resolved"),
    );
    await until("the other failed again", async () =>
      (await harness.deadLetters()).find((row) => row.job_id === "broken" && row.attempts === 2),
    );
    await queue.close();
    expect(await harness.deadLetters()).toHaveLength(2);
    expect(await harness.effects()).toEqual({ mended: 1 });
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 1, dead: 1, discarded: 0 });
  });
});
