import { expect, onTestFinished, test } from "vitest";
import { openRows, startTcpProxy, until, useTestDatabase } from "@millrace/testing";
import { openPostgresBackend } from "./backend.ts";

const SILENCE_MS = 1_000;

const testDatabase = useTestDatabase();

/** Opens a backend that reaches Postgres through a proxy. */
async function openThroughProxy() {
  const url = new URL(testDatabase.url);
  const proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const backend = openPostgresBackend(url.href, "consumer", 1, SILENCE_MS);
  const queue = backend.queue("whatsapp-inbound");
  onTestFinished(async () => {
    await queue.close();
    await backend.close();
    await proxy.close();
  });
  return { proxy, backend, queue };
}

test("14: a queue connection to a server that is gone without an end is replaced", async () => {
  const { proxy, queue } = await openThroughProxy();
  const count = () => queue.count();
  expect(await count()).toBe(0);
  proxy.abandon();
  const countNow = () => count().catch(() => undefined);
  expect(await until("the queue works again", countNow)).toBe(0);
});

test("14: a queue connection is replaced after it had nothing to do for longer than a silence", async () => {
  const { proxy, queue } = await openThroughProxy();
  const rows = openRows(testDatabase.url);
  onTestFinished(rows.close);
  expect(await queue.count()).toBe(0);
  await until("the connection was idle", async () => {
    const idle = await rows.rows(
      `select from pg_stat_activity where application_name = 'millrace-queue' and datname = current_database()
         and state_change < now() - interval '${2 * SILENCE_MS} ms'`,
    );
    return idle.length > 0;
  });
  proxy.abandon();
  expect(await until("the queue works again", () => queue.count().catch(() => undefined))).toBe(0);
});

test("14: a worker with its next job in an hour gets a new job after the server of its connection that listens is gone", async () => {
  const { proxy, backend } = await openThroughProxy();
  const direct = openPostgresBackend(testDatabase.url, "consumer", 1, SILENCE_MS);
  const queue = direct.queue("whatsapp-inbound");
  const processed: (string | undefined)[] = [];
  const settings = {
    autorun: true,
    concurrency: 2,
    lockDuration: 5_000,
    stalledInterval: 1_000,
    maxStalledCount: 1,
    removeOnComplete: { age: 60, count: 100 },
    settings: { backoffStrategy: () => 0 },
  };
  const worker = backend.worker("whatsapp-inbound", ({ id }) => Promise.resolve(processed.push(id)), settings);
  onTestFinished(async () => {
    await worker.close();
    await queue.close();
    await direct.close();
  });
  await queue.add("text", {}, { jobId: "in an hour", delay: 3_600_000 });
  await queue.add("text", {}, { jobId: "before" });
  await until("the first job is processed", () => processed.includes("before"));
  await until(
    "the worker waits for the job in an hour",
    () => (worker as unknown as { blockUntil: number }).blockUntil > 0,
  );
  proxy.abandon();
  await queue.add("text", {}, { jobId: "after" });
  await until("the new job is processed", () => processed.length === 2, 25_000);
  expect(processed).toEqual(["before", "after"]);
}, 60_000);
