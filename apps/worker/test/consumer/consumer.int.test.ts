import { uuidv7 } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPauses } from "@millrace/db";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { openWorkerHarness, type WorkerHarness } from "../harness/worker-harness.ts";

describe.each(queueStores())("a worker on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: WorkerHarness;

  beforeEach(async () => {
    harness = await openWorkerHarness(testDatabase.url, await store.url(testDatabase.url));
  });
  afterEach(async () => {
    await harness.close();
  });

  const isDone = async (id: string) => (await harness.eventStatuses.find("fake", id))?.status === "done";
  const attemptsLogged = (id: string) =>
    harness.log.lines().filter((line) => line["msg"] === "job.attempted" && line["jobId"] === id);

  test("3: an event that is enqueued again after it is done takes no second effect", async () => {
    harness.startWorker();
    await harness.enqueue("again", { do: "write" });
    await until("the event is done", () => isDone("again"));
    // Queues remove completed jobs after a while; from then on only the inbox knows the event.
    const queue = harness.backend.queue("fake-inbound");
    await until("the job is gone", async () => {
      await (await queue.getJob("again"))?.remove().catch(() => undefined);
      return (await harness.reader.find("again")).place === "absent";
    });
    await queue.close();
    await harness.enqueue("again", { do: "write" });
    await until("the event is processed again", () =>
      attemptsLogged("again").some((line) => line["outcome"] === "duplicate"),
    );
    expect(await harness.effects()).toEqual({ again: 1 });
  });

  test("4: one bad event in a batch of a hundred fails alone", async () => {
    harness.startWorker();
    const ids = Array.from({ length: 100 }, (_, index) => `batch${index}`);
    await Promise.all(ids.map((id, index) => harness.enqueue(id, { do: index === 50 ? "give_up" : "write" })));
    await until("every event is done or dead", async () => {
      const { done, dead } = await harness.eventStatuses.counts("fake");
      return done + dead === 100;
    });
    expect(await harness.eventStatuses.counts("fake")).toEqual({ done: 99, dead: 1, discarded: 0 });
  });

  test("a failed attempt is retried, and its partial writes are rolled back", async () => {
    harness.startWorker();
    await harness.enqueue("twice", { do: "fail", times: 2 });
    await harness.enqueue("half", { do: "fail_after_write", times: 1 });
    await until("both are done", async () => (await isDone("twice")) && (await isDone("half")));
    expect(await harness.effects()).toEqual({ twice: 1, half: 1 });
    expect(attemptsLogged("twice").map((line) => [line["attempt"], line["outcome"]])).toEqual([
      [1, "failed"],
      [2, "failed"],
      [3, "written"],
    ]);
  });

  test("an error can allow fewer attempts than the queue", async () => {
    harness.startWorker();
    await harness.enqueue("two attempts", { do: "fail", maxAttempts: 2 });
    await until("it is dead", async () => (await harness.eventStatuses.counts("fake")).dead === 1);
    expect(attemptsLogged("two attempts")).toHaveLength(2);
  });

  test("a completed job with a large payload is removed at once, a small one is kept for inspection", async () => {
    harness.startWorker();
    await harness.enqueue("large", { do: "write", file: "x".repeat(100_000) });
    await harness.enqueue("small", { do: "write" });
    await until("the large job is removed", async () => (await harness.reader.find("large")).place === "absent");
    await until("the small job is kept", async () => (await harness.reader.find("small")).place === "completed");
    expect(await harness.effects()).toEqual({ large: 1, small: 1 });
  });

  test("the jobs of a rate-limited scope wait without using attempts, and other scopes go on", async () => {
    harness.startWorker();
    await harness.enqueue("limited", { do: "rate_limit", times: 1, scope: "page:1" });
    await until("the page is rate limited", () =>
      attemptsLogged("limited").some((line) => line["outcome"] === "rate_limited"),
    );
    await harness.enqueue("same-page", { do: "write", scope: "page:1" });
    await harness.enqueue("other-page", { do: "write", scope: "page:2" });
    await until("the job of the other page is done", () => isDone("other-page"));
    await until("the page resumes", async () => (await isDone("limited")) && (await isDone("same-page")));
    expect((await harness.reader.find("limited")).attemptsMade).toBeLessThanOrEqual(1);
    expect(harness.integration.attempts.get("limited")).toBe(2);
  });

  test("a paused account raises one alert, uses no attempts and resumes by itself", async () => {
    harness.startWorker({ probes: { firstMs: 20, longestMs: 50 }, resumeStepMs: 20 });
    await harness.enqueue("first", { do: "pause", times: 9, scope: "page:9" });
    await until("the account is paused", () => harness.log.lines().some((line) => line["msg"] === "scope.paused"));
    await harness.enqueue("second", { do: "pause", times: 9, scope: "page:9" });
    await until("both are done", async () => (await isDone("first")) && (await isDone("second")));
    // The account was probed more often than a job has attempts.
    expect(harness.integration.attempts.get("page:9")).toBeGreaterThan(9);
    expect(harness.log.lines().filter((line) => line["msg"] === "scope.paused")).toHaveLength(1);
    expect(harness.log.lines().filter((line) => line["msg"] === "scope.resumed")).toHaveLength(1);
    expect(await harness.deadLetters()).toEqual([]);
  });

  test("an event that reports a problem of its account pauses the account with one alert and is done", async () => {
    harness.startWorker();
    for (const id of ["reported", "reported again"]) {
      await harness.enqueue(id, { do: "write_and_pause", scope: `page:${id}` });
      await until(`${id} is done`, () => isDone(id));
    }
    await until("both are paused", async () => (await createPauses(harness.database, uuidv7).list()).length === 2);
    expect(await createPauses(harness.database, uuidv7).list()).toMatchObject([{ kind: "paused" }, { kind: "paused" }]);
    const alerts = harness.log.lines().filter((line) => line["msg"] === "scope.paused");
    expect(alerts.map(({ alert, error }) => [alert, error])).toEqual([
      [true, "payment due"],
      [true, "payment due"],
    ]);
  });

  test("a stop waits for running jobs until its deadline, then returns them to the queue without using an attempt", async () => {
    const consumer = harness.startWorker();
    await harness.enqueue("long", { do: "hang", times: 1 });
    await until("it runs", () => harness.integration.running.has("long"));
    await consumer.stop(50);
    expect(await harness.reader.find("long")).toMatchObject({ place: "waiting", attemptsMade: 0 });
    harness.startWorker();
    await until("another worker completes it", () => isDone("long"));
    expect(await harness.effects()).toEqual({ long: 1 });
  });

  test("an attempt that exceeds its deadline is aborted and retried", async () => {
    harness.startWorker({ deadlineMs: 500 });
    await harness.enqueue("slow", { do: "hang", times: 2 });
    await until("the third attempt succeeds", () => isDone("slow"));
    const [first, second, third] = attemptsLogged("slow").map((line) => line["error"]);
    expect([first, second, third]).toEqual(["took longer than 500 ms", "took longer than 500 ms", undefined]);
  });

  test("log lines, failure reasons and dead letters contain no personal data of an unexpected error", async () => {
    harness.startWorker();
    await harness.enqueue("leaky", { do: "leak" });
    await harness.enqueue("unrecoverable", { do: "unrecoverable" });
    await until("both are dead", async () => (await harness.deadLetters()).length === 2);
    const recorded = JSON.stringify([
      await harness.deadLetters(),
      await harness.reader.find("leaky"),
      harness.log.lines(),
    ]);
    expect(recorded).toContain("unexpected Error");
    expect(recorded).not.toContain("4915112345678");
    expect(recorded).not.toContain("hello");
  });
});
