import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { openPipe, type Pipe, probeEvent } from "./pipe.ts";

describe.each(queueStores())("8: every given-up job has exactly one dead letter, on $kind:", (store) => {
  let testDatabase: TestDatabase;
  let pipe: Pipe;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    pipe = await openPipe(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await pipe.close();
    await testDatabase.drop();
  });

  const theDeadLetter = (id: string) =>
    until(`${id} is dead`, async () =>
      (await pipe.deadLetters()).find((row) => row.job_id === id && row.state === "dead"),
    );

  test("attempts used up", async () => {
    pipe.work();
    await pipe.send("tired", { do: "fail" });
    expect(await theDeadLetter("tired")).toMatchObject({
      error_kind: "retryable",
      error: "asked to fail",
      attempts: 8,
      correlation_id: "corr-tired",
    });
    expect(pipe.probe.attempts.get("tired")).toBe(8);
  });

  test("given up as permanent", async () => {
    pipe.work();
    await pipe.send("hopeless", { do: "give_up" });
    expect(await theDeadLetter("hopeless")).toMatchObject({
      error_kind: "permanent",
      error: "asked to give up",
      attempts: 1,
    });
  });

  test("an UnrecoverableError", async () => {
    pipe.work();
    await pipe.send("unrecoverable", { do: "unrecoverable" });
    expect(await theDeadLetter("unrecoverable")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("data of a version that no worker knows", async () => {
    pipe.work();
    const future = { ...probeEvent("future", { do: "write" }), v: 99 as 1 };
    await pipe.producer.enqueue([future]);
    expect(await theDeadLetter("future")).toMatchObject({ error_kind: "permanent", attempts: 1 });
  });

  test("several workers that see the same end write one row", async () => {
    for (let index = 0; index < 4; index++) pipe.work();
    await Promise.all(Array.from({ length: 40 }, (_, index) => pipe.send(`many${index}`, { do: "give_up" })));
    await until("all are dead", async () => (await pipe.deadLetters()).length >= 40);
    // Every worker sweeps the failed jobs several times more in the meantime.
    await pipe.send("last", { do: "give_up" });
    await theDeadLetter("last");
    expect(await pipe.deadLetters()).toHaveLength(41);
  });

  test("one that cannot be written keeps no other from being written, and is written once it can be", async () => {
    await pipe.refuseDeadLettersOf("before|stubborn|after");
    pipe.work();
    for (const id of ["before", "stubborn", "after"]) {
      await pipe.send(id, { do: "give_up" });
      await until(`${id} has failed`, async () => (await pipe.reader.find(id)).place === "failed");
    }
    await until("a sweep came upon them", () =>
      pipe.log.lines().some((line) => line["msg"] === "dead_letter.sweep_failed"),
    );
    await pipe.refuseDeadLettersOf("stubborn");
    await theDeadLetter("before");
    await theDeadLetter("after");
    await pipe.refuseDeadLettersOf("nobody");
    await theDeadLetter("stubborn");
    expect(await pipe.deadLetters()).toHaveLength(3);
  });

  test("a native retry that succeeds settles it, one that fails again keeps the same row", async () => {
    pipe.work();
    await pipe.send("mended", { do: "give_up", times: 1 });
    await pipe.send("broken", { do: "give_up", times: 2 });
    await theDeadLetter("mended");
    await theDeadLetter("broken");
    const queue = pipe.backend.queue("probe-inbound");
    for (const id of ["mended", "broken"]) await (await queue.getJob(id))?.retry("failed");
    await until("one is settled", async () =>
      (await pipe.deadLetters()).find((row) => row.job_id === "mended" && row.state === "resolved"),
    );
    await until("the other failed again", async () =>
      (await pipe.deadLetters()).find((row) => row.job_id === "broken" && row.attempts === 2),
    );
    await queue.close();
    expect(await pipe.deadLetters()).toHaveLength(2);
    expect(await pipe.effects()).toEqual({ mended: 1 });
    expect(await pipe.ledger.counts("probe")).toEqual({ done: 1, dead: 1 });
  });
});
