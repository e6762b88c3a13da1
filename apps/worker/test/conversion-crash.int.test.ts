import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { queueStores, until } from "@millrace/testing";
import type { CrashOrder } from "./conversion-crash-worker.ts";
import { openSales, type Sales } from "./sales.ts";

const CRASH_WORKER = fileURLToPath(new URL("./conversion-crash-worker.ts", import.meta.url));

/**
 * Where a worker dies: Google has taken the request, and nobody knows · it is known, and nobody will ask what became of
 * it · Google has failed at some, and there is no job that sends them again.
 */
const CRASH_POINTS = ["taken", "recorded", "to be sent again"] as const;
/** See {@link CRASH_POINTS}. */
export type CrashPoint = (typeof CRASH_POINTS)[number];

describe.each(queueStores())("a worker that is killed in the middle of an upload, on $kind", (store) => {
  let sales: Sales;
  afterEach(() => sales.close());

  test.each(CRASH_POINTS)("13: every conversion is processed once when it dies where they are %s", async (point) => {
    sales = await openSales(store);
    const first = sales.work({ batchWindowMs: 3_600_000 });
    for (const id of ["a", "b"]) await sales.report(id);
    await sales.report("c", point === "to be sent again" ? "internal-c" : undefined);
    await until("they are rows", async () => (await sales.rows()).length === 3);
    await first.stop(1_000);

    const { databaseUrl, queueUrl, environment } = sales.conversations;
    const order: CrashOrder = { databaseUrl, queueUrl, environment, point };
    const child = fork(CRASH_WORKER, [JSON.stringify(order)]);
    await sales.processUntil("it is dead", () => child.exitCode !== null || child.signalCode !== null);
    expect(child.signalCode).toBe("SIGKILL");
    const status = point === "recorded" ? "sent" : "queued";
    expect((await sales.rows()).map((row) => row.status)).toEqual([status, status, status]);
    expect(await sales.taken()).toHaveLength(3);

    sales.work();
    await sales.processUntil("all are processed", async () =>
      (await sales.rows()).every((row) => row.status === "processed"),
    );
    expect((await sales.counted()).sort()).toEqual(["a", "b", "c"]);
    expect(await sales.taken()).toHaveLength(point === "recorded" ? 3 : 6);
    const jobs = await until("nothing is left to do", async () => {
      const { unfinished, failed } = await sales.conversations.jobs();
      return unfinished === 0 && { failed };
    });
    expect(jobs.failed).toBe(0);
  });
});
