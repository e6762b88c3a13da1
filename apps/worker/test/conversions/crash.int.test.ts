import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { defaultQueueStore, until } from "@millrace/testing";
import { type CrashWorkerOptions, UPLOAD_CRASH_POINTS } from "./crash-points.ts";
import { openConversionHarness, type ConversionHarness } from "./conversion-harness.ts";

const CRASH_WORKER = fileURLToPath(new URL("./crash-worker.ts", import.meta.url));

describe("a worker that is killed in the middle of an upload", () => {
  const store = defaultQueueStore();
  let harness: ConversionHarness;
  afterEach(() => harness.close());

  test.each(UPLOAD_CRASH_POINTS)(
    "13: every conversion counts once when the worker dies while the batch is %s",
    async (point) => {
      harness = await openConversionHarness(store);
      const first = harness.startWorker({ batchWindowMs: 3_600_000 });
      for (const id of ["a", "b"]) await harness.report(id);
      await harness.report("c", point === "to be uploaded again" ? "internal-c" : undefined);
      await until("they are rows", async () => (await harness.rows()).length === 3);
      await first.stop(1_000);

      const { databaseUrl, queueUrl, environment } = harness.conversations;
      const options: CrashWorkerOptions = { databaseUrl, queueUrl, environment, point };
      const child = fork(CRASH_WORKER, [JSON.stringify(options)]);
      await harness.processUntil("it is dead", () => child.exitCode !== null || child.signalCode !== null);
      expect(child.signalCode).toBe("SIGKILL");
      const status = point === "recorded" ? "sent" : "queued";
      expect((await harness.rows()).map((row) => row.status)).toEqual([status, status, status]);
      expect(await harness.received()).toHaveLength(3);

      harness.startWorker();
      await harness.processUntil("all are processed", async () =>
        (await harness.rows()).every((row) => row.status === "processed"),
      );
      expect((await harness.counted()).sort()).toEqual(["a", "b", "c"]);
      expect(await harness.received()).toHaveLength(point === "recorded" ? 3 : 6);
      const jobs = await until("no job is unfinished", async () => {
        const { unfinished, failed } = await harness.conversations.jobCounts();
        return unfinished === 0 && { failed };
      });
      expect(jobs.failed).toBe(0);
    },
  );
});
