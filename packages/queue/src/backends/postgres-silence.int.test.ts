import { expect, onTestFinished, test } from "vitest";
import { startTcpProxy, until, useTestDatabase } from "@millrace/testing";
import { openPostgresBackend } from "./postgres-backend.ts";

const testDatabase = useTestDatabase();

test("14: a queue connection to a server that is gone without an end is replaced", async () => {
  const url = new URL(testDatabase.url);
  const proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const backend = openPostgresBackend(url.href, "consumer", 1, 1_000);
  const queue = backend.queue("whatsapp-inbound");
  onTestFinished(async () => {
    await queue.close();
    await backend.close();
    await proxy.close();
  });
  const count = () => queue.count();
  expect(await count()).toBe(0);
  proxy.abandon();
  const countNow = () => count().catch(() => undefined);
  expect(await until("the queue works again", countNow)).toBe(0);
});
