import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPauses } from "@millrace/db";
import { createTestDatabase, queueStores, type TestDatabase, until } from "@millrace/testing";
import { openPipe, type Pipe } from "./pipe.ts";

describe.each(queueStores())("a worker on $kind", (store) => {
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

  const isDone = async (id: string) => (await pipe.ledger.find("probe", id))?.status === "done";
  const attemptsLogged = (id: string) =>
    pipe.log.lines().filter((line) => line["msg"] === "job.attempted" && line["jobId"] === id);

  test("3: an event that is enqueued again after it was done takes no second effect", async () => {
    pipe.work();
    await pipe.send("again", { do: "write" });
    await until("the event is done", () => isDone("again"));
    // The queue has forgotten the job by now, as it does in time: only the inbox knows.
    const queue = pipe.backend.queue("probe-inbound");
    await until("the job is gone", async () => {
      await (await queue.getJob("again"))?.remove().catch(() => undefined);
      return (await pipe.reader.find("again")).place === "absent";
    });
    await queue.close();
    await pipe.send("again", { do: "write" });
    await until("it was looked at again", () =>
      attemptsLogged("again").some((line) => line["outcome"] === "duplicate"),
    );
    expect(await pipe.effects()).toEqual({ again: 1 });
  });

  test("4: one bad event in a batch of a hundred fails alone", async () => {
    pipe.work();
    const ids = Array.from({ length: 100 }, (_, index) => `batch${index}`);
    await Promise.all(ids.map((id, index) => pipe.send(id, { do: index === 50 ? "give_up" : "write" })));
    await until("all are settled", async () => {
      const { done, dead } = await pipe.ledger.counts("probe");
      return done + dead === 100;
    });
    expect(await pipe.ledger.counts("probe")).toEqual({ done: 99, dead: 1 });
  });

  test("a failed attempt is tried again and a half-written one leaves nothing behind", async () => {
    pipe.work();
    await pipe.send("twice", { do: "fail", times: 2 });
    await pipe.send("half", { do: "half_write", times: 1 });
    await until("both are done", async () => (await isDone("twice")) && (await isDone("half")));
    expect(await pipe.effects()).toEqual({ twice: 1, half: 1 });
    expect(attemptsLogged("twice").map((line) => [line["attempt"], line["outcome"]])).toEqual([
      [1, "failed"],
      [2, "failed"],
      [3, "written"],
    ]);
  });

  test("an error that is worth few attempts has no more", async () => {
    pipe.work();
    await pipe.send("worth two", { do: "fail", worth: 2 });
    await until("it is dead", async () => (await pipe.ledger.counts("probe")).dead === 1);
    expect(attemptsLogged("worth two")).toHaveLength(2);
  });

  test("a job with a file in it is gone when it is done, another is kept to be looked at", async () => {
    pipe.work();
    await pipe.send("large", { do: "write", file: "x".repeat(100_000) });
    await pipe.send("small", { do: "write" });
    await until("the large one is gone", async () => (await pipe.reader.find("large")).place === "absent");
    await until("the small one is kept", async () => (await pipe.reader.find("small")).place === "completed");
    expect(await pipe.effects()).toEqual({ large: 1, small: 1 });
  });

  test("a throttled scope waits without using up attempts while the others go on", async () => {
    pipe.work();
    await pipe.send("throttled", { do: "throttle", times: 1, scope: "page:1" });
    await until("the page is held", () =>
      attemptsLogged("throttled").some((line) => line["outcome"] === "rate_limited"),
    );
    await pipe.send("same-page", { do: "write", scope: "page:1" });
    await pipe.send("other-page", { do: "write", scope: "page:2" });
    await until("the other page went on", () => isDone("other-page"));
    await until("the page goes on by itself", async () => (await isDone("throttled")) && (await isDone("same-page")));
    expect((await pipe.reader.find("throttled")).attemptsMade).toBeLessThanOrEqual(1);
    expect(pipe.probe.attempts.get("throttled")).toBe(2);
  });

  test("a paused account alerts once, keeps its attempts and resumes by itself", async () => {
    pipe.work();
    await pipe.send("first", { do: "park", times: 9, scope: "page:9" });
    await until("the account is paused", () => pipe.log.lines().some((line) => line["msg"] === "scope.paused"));
    await pipe.send("second", { do: "park", times: 9, scope: "page:9" });
    await until("both are done", async () => (await isDone("first")) && (await isDone("second")));
    // More trials than a job has attempts.
    expect(pipe.probe.attempts.get("page:9")).toBeGreaterThan(9);
    expect(pipe.log.lines().filter((line) => line["msg"] === "scope.paused")).toHaveLength(1);
    expect(pipe.log.lines().filter((line) => line["msg"] === "scope.resumed")).toHaveLength(1);
    expect(await pipe.deadLetters()).toEqual([]);
  });

  test("an event that tells of an account's trouble parks it with one alert, and is done itself", async () => {
    pipe.work();
    for (const id of ["told", "told again"]) {
      await pipe.send(id, { do: "trouble", scope: `page:${id}` });
      await until(`${id} is done`, () => isDone(id));
    }
    await until("both are paused", async () => (await createPauses(pipe.database).list()).length === 2);
    expect(await createPauses(pipe.database).list()).toMatchObject([{ kind: "paused" }, { kind: "paused" }]);
    const alerts = pipe.log.lines().filter((line) => line["msg"] === "scope.paused");
    expect(alerts.map(({ alert, error }) => [alert, error])).toEqual([
      [true, "payment due"],
      [true, "payment due"],
    ]);
  });

  test("a stop lets running jobs finish until its deadline and then gives them back without using up an attempt", async () => {
    const consumer = pipe.work();
    await pipe.send("long", { do: "hang", times: 1 });
    await until("it runs", () => pipe.probe.running.has("long"));
    await consumer.stop(50);
    expect(await pipe.reader.find("long")).toMatchObject({ place: "waiting", attemptsMade: 0 });
    pipe.work();
    await until("another worker does it", () => isDone("long"));
    expect(await pipe.effects()).toEqual({ long: 1 });
  });

  test("an attempt that takes longer than its deadline is ended and tried again", async () => {
    pipe.work({ deadlineMs: 500 });
    await pipe.send("slow", { do: "hang", times: 2 });
    await until("the third attempt does it", () => isDone("slow"));
    const [first, second, third] = attemptsLogged("slow").map((line) => line["error"]);
    expect([first, second, third]).toEqual(["took longer than 500 ms", "took longer than 500 ms", undefined]);
  });

  test("no secret and no personal data in a log line or a failure reason", async () => {
    pipe.work();
    await pipe.send("leaky", { do: "leak" });
    await pipe.send("unrecoverable", { do: "unrecoverable" });
    await until("both are dead", async () => (await pipe.deadLetters()).length === 2);
    const told = JSON.stringify([await pipe.deadLetters(), await pipe.reader.find("leaky"), pipe.log.lines()]);
    expect(told).toContain("unexpected Error");
    expect(told).not.toContain("4915112345678");
    expect(told).not.toContain("hello");
  });
});
