import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { permanent, retryable } from "@millrace/core";
import { countJobs, eraseJobs } from "@millrace/queue";
import { queueStores, until, useTestDatabase } from "@millrace/testing";
import { eventOf, openQueueHarness } from "../harness/queue-harness.ts";

const isHers = (integration: string, data: unknown) => integration === "fake" && JSON.stringify(data).includes("hers");

describe.each(queueStores())("erasing jobs on $kind", (store) => {
  const testDatabase = useTestDatabase({ perTest: true });
  let harness: Awaited<ReturnType<typeof openQueueHarness>>;

  beforeEach(async () => {
    harness = await openQueueHarness(testDatabase.url, await store.url(testDatabase.url), "inbound");
  });
  afterEach(async () => {
    await harness.close();
  });

  const placeOf = async (id: string) => (await harness.reader.find(id)).place;
  const erase = (longestWaitMs?: number) => eraseJobs(harness.backend, [harness.definition], isHers, longestWaitMs);

  test("deletes every job about a person, a running one after its end, and no other job", async () => {
    const holding = Promise.withResolvers<void>();
    const worker = harness.startConsumer(async ({ id }) => {
      if (id.startsWith("failed")) throw permanent("broken");
      if (id === "active-hers") await holding.promise;
      return { result: "written" };
    });
    const ended = ["completed", "failed"].flatMap((place) => [`${place}-hers`, `${place}-his`]);
    await harness.enqueue(...ended, "active-hers");
    await until("the jobs have ended", async () => (await placeOf("failed-his")) === "failed");
    await until("the jobs have ended", async () => (await placeOf("completed-his")) === "completed");
    await until("one job runs", async () => (await placeOf("active-hers")) === "inFlight");
    const later = new Date(Date.now() + 3_600_000);
    await harness.producer.enqueue([eventOf("delayed-hers", later), eventOf("delayed-his", later)]);

    expect(await countJobs(harness.backend, [harness.definition], isHers)).toBe(3);
    expect(await placeOf("delayed-hers")).toBe("waiting");
    await expect(erase(0)).rejects.toThrow("1 jobs about the contact are still active");
    for (const place of ["completed", "failed", "delayed"]) expect(await placeOf(`${place}-hers`)).toBe("absent");
    expect(await placeOf("active-hers")).toBe("inFlight");
    const erased = erase();
    holding.resolve();
    expect(await erased).toBe(1);
    expect(await placeOf("active-hers")).toBe("absent");
    expect(await Promise.all(["completed-his", "failed-his", "delayed-his"].map(placeOf))).toEqual([
      "completed",
      "failed",
      "waiting",
    ]);
    await worker.stop(100);
  });

  test("deletes a job that is returned to the queue during the search", async () => {
    const holding = Promise.withResolvers<void>();
    const worker = harness.startConsumer(async () => {
      await holding.promise;
      throw retryable("later");
    });
    await harness.enqueue("hers");
    await until("the job runs", async () => (await placeOf("hers")) === "inFlight");
    /** The job runs while the other states are searched, and is returned before the running jobs are searched. */
    const queue = (name: string) => {
      const opened = harness.backend.queue(name);
      const getJobs = opened.getJobs.bind(opened);
      let looked = false;
      opened.getJobs = async (...asked: Parameters<typeof getJobs>) => {
        if (looked && asked[0]?.includes("active")) {
          holding.resolve();
          await until("the job is returned", async () => (await placeOf("hers")) !== "inFlight");
        }
        looked ||= asked[0]?.includes("completed") === true;
        return getJobs(...asked);
      };
      return opened;
    };
    expect(await eraseJobs({ ...harness.backend, queue }, [harness.definition], isHers)).toBe(1);
    expect(await placeOf("hers")).toBe("absent");
    await worker.stop(100);
  });

  test("deletes a job that a worker took and returned while it was deleted", async () => {
    await harness.enqueue("hers");
    let removals = 0;
    const queue = (name: string) => {
      const opened = harness.backend.queue(name);
      const getJobs = opened.getJobs.bind(opened);
      opened.getJobs = async (...asked: Parameters<typeof getJobs>) => {
        const jobs = await getJobs(...asked);
        for (const job of jobs) {
          const remove = job.remove.bind(job);
          job.remove = () => (++removals === 1 ? Promise.reject(new Error("the job is locked")) : remove());
        }
        return jobs;
      };
      return opened;
    };
    expect(await eraseJobs({ ...harness.backend, queue }, [harness.definition], isHers)).toBe(1);
    expect([removals, await placeOf("hers")]).toEqual([2, "absent"]);
  });

  test("deletes more jobs than one read returns", async () => {
    const ids = Array.from({ length: 450 }, (_, n) => `${n}-${n % 2 ? "hers" : "his"}`);
    await harness.producer.enqueue(ids.map((id) => eventOf(id)));
    expect(await erase()).toBe(225);
    expect([...(await harness.reader.states()).keys()].filter((id) => id.includes("hers"))).toEqual([]);
    expect(await harness.reader.states()).toHaveProperty("size", 225);
  });
});
