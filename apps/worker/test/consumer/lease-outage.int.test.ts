import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { migrateDatabase, openDatabase } from "@millrace/db";
import { openQueueBackend } from "@millrace/queue";
import { freePort, queueStores, startPostgres, temporaryFolder, until } from "@millrace/testing";
import { openQueueHarness, OutageError } from "../harness/queue-harness.ts";

describe.each(queueStores())("an outage of Postgres, with the queue on $kind", (store) => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("5: an ordered queue goes on in order once Postgres is back, with no dead letter, after its leases expired", async () => {
    const port = await freePort();
    const start = async () => {
      const server = await startPostgres({ folder: join(folder, "postgres"), port });
      onTestFinished(server.stop);
      return server;
    };
    let server = await start();
    const queueUrl = await store.url(server.url);
    await migrate(server.url, queueUrl);
    const harness = await openQueueHarness(server.url, queueUrl, "requests");
    const done: string[] = [];
    for (let consumer = 0; consumer < 2; consumer += 1)
      harness.startConsumer(async ({ id }) => {
        await harness.database.ping().catch(() => {
          throw new OutageError();
        });
        done.push(id);
        return { result: "written" };
      });
    await harness.enqueue("before");
    await until("the first job is done", async () => (await harness.reader.find("before")).place === "completed");
    await server.stop();
    const producer = store.kind === "redis" && harness.enqueue("during");
    await until("the lease is lost", () => harness.log.lines().some(({ msg }) => msg === "consumer.lease_lost"));
    server = await start();
    await producer;
    const rest = Array.from({ length: 10 }, (_, index) => `after${index}`);
    await until("the queue accepts jobs", async () => {
      await harness.enqueue("back").catch(() => undefined);
      return done.includes("back");
    });
    await harness.enqueue(...rest);
    await until("all are done", () => done.includes("after9"));
    expect(done).toEqual(["before", ...(store.kind === "redis" ? ["during"] : []), "back", ...rest]);
    expect(await harness.deadLetters()).toEqual([]);
    await harness.close();
    await server.stop();
  });
});

async function migrate(databaseUrl: string, queueUrl: string): Promise<void> {
  const database = openDatabase(databaseUrl, { maxConnections: 2, name: "test-migration" });
  await migrateDatabase(database);
  await database.close();
  const backend = openQueueBackend(queueUrl, "consumer", 1);
  await backend.migrate();
  await backend.close();
}
