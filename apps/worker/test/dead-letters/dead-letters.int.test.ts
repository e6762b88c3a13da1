import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness, fakeEvent } from "../harness/worker-harness.ts";

describe.each(queueStores())("8: every given-up job has exactly one dead letter, on $kind:", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await harness.close();
  });

  const theDeadLetter = (id: string) =>
    until(`${id} is dead`, async () =>
      (await harness.deadLetters()).find((row) => row.job_id === id && row.state === "dead"),
    );

  test("attempts used up", async () => {
    harness.startWorker();
    await harness.enqueue("tired", { do: "fail" });
    expect(await theDeadLetter("tired")).toMatchObject({
      error_kind: "retryable",
      error: "asked to fail",
      attempts: 8,
      correlation_id: "corr-tired",
    });
    expect(harness.integration.attempts.get("tired")).toBe(8);
  });

  test("given up as permanent", async () => {
    harness.startWorker();
    await harness.enqueue("hopeless", { do: "give_up" });
    expect(await theDeadLetter("hopeless")).toMatchObject({
      error_kind: "permanent",
      error: "asked to give up",
      attempts: 1,
    });
  });

  test("an UnrecoverableError", async () => {
    harness.startWorker();
    await harness.enqueue("unrecoverable", { do: "unrecoverable" });
    expect(await theDeadLetter("unrecoverable")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("data of a version that no worker knows", async () => {
    harness.startWorker();
    const future = { ...fakeEvent("future", { do: "write" }), v: 99 as 1 };
    await harness.producer.enqueue([future]);
    expect(await theDeadLetter("future")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("several workers that see the same end write one row", async () => {
    for (let index = 0; index < 4; index++) harness.startWorker();
    await Promise.all(Array.from({ length: 40 }, (_, index) => harness.enqueue(`many${index}`, { do: "give_up" })));
    await until("all are dead", async () => (await harness.deadLetters()).length >= 40);
    // Every worker sweeps the failed jobs several times more in the meantime.
    await harness.enqueue("last", { do: "give_up" });
    await theDeadLetter("last");
    expect(await harness.deadLetters()).toHaveLength(41);
  });

  test("one that cannot be written keeps no other from being written, and is written once it can be", async () => {
    await harness.refuseDeadLettersOf("before|stubborn|after");
    harness.startWorker();
    for (const id of ["before", "stubborn", "after"]) {
      await harness.enqueue(id, { do: "give_up" });
      await until(`${id} has failed`, async () => (await harness.reader.find(id)).place === "failed");
    }
    await until("a sweep came upon them", () =>
      harness.log.lines().some((line) => line["msg"] === "dead_letter.sweep_failed"),
    );
    await harness.refuseDeadLettersOf("stubborn");
    await theDeadLetter("before");
    await theDeadLetter("after");
    await harness.refuseDeadLettersOf("nobody");
    await theDeadLetter("stubborn");
    expect(await harness.deadLetters()).toHaveLength(3);
  });

  test("a native retry that succeeds settles it, one that fails again keeps the same row", async () => {
    harness.startWorker();
    await harness.enqueue("mended", { do: "give_up", times: 1 });
    await harness.enqueue("broken", { do: "give_up", times: 2 });
    await theDeadLetter("mended");
    await theDeadLetter("broken");
    const queue = harness.backend.queue("fake-inbound");
    for (const id of ["mended", "broken"]) await (await queue.getJob(id))?.retry("failed");
    await until("one is settled", async () =>
      (await harness.deadLetters()).find((row) => row.job_id === "mended" && row.state === "resolved"),
    );
    await until("the other failed again", async () =>
      (await harness.deadLetters()).find((row) => row.job_id === "broken" && row.attempts === 2),
    );
    await queue.close();
    expect(await harness.deadLetters()).toHaveLength(2);
    expect(await harness.effects()).toEqual({ mended: 1 });
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 1, dead: 1 });
  });
});
