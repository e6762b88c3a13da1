import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EVENT_VERSION } from "@millrace/core";
import {
  freePort,
  openRows,
  startPostgres,
  startTcpProxy,
  temporaryFolder,
  type TcpProxy,
  until,
} from "@millrace/testing";
import { queueDefinition } from "../../catalogue.ts";
import { createProducer, type Producer } from "../../producer/producer.ts";
import type { JobWorker, QueueBackend } from "../backend.ts";
import { openQueueBackend } from "../open-backend.ts";

const definition = queueDefinition("fake", "inbound");
const settings = { fsync: "off", shared_buffers: "16MB" };

let folder: string;
/** Closes what the test opened, last first. */
let closers: (() => Promise<unknown>)[];
let proxy: TcpProxy;
let backends: QueueBackend[];
let producer: Producer;
let worker: JobWorker;
let processed: (string | undefined)[];

/** Starts a primary, and a standby with a copy of its data. The proxy leads to the primary. */
async function startServers(): Promise<{ primary: number; standby: number }> {
  const [primary, standby] = [await freePort(), await freePort()];
  const first = { folder: join(folder, "primary"), port: primary, settings };
  const server = await startPostgres(first);
  const setup = openQueueBackend(server.url, "consumer", 1);
  await setup.migrate();
  await setup.close();
  await server.stop();
  // The copy keeps the owner: Postgres that root starts runs as another user.
  execFileSync("cp", ["-a", first.folder, join(folder, "standby")]);
  writeFileSync(join(server.dataFolder.replace("primary", "standby"), "standby.signal"), "");
  for (const options of [first, { folder: join(folder, "standby"), port: standby, settings }]) {
    const { stop } = await startPostgres(options);
    closers.unshift(stop);
  }
  proxy = await startTcpProxy(primary);
  closers.unshift(proxy.close);
  return { primary, standby };
}

beforeEach(() => {
  folder = temporaryFolder();
  processed = [];
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true, force: true });
});

const isWritable = async () => {
  const checks = await Promise.allSettled(backends.map((backend) => backend.checkWritable()));
  return checks.every(({ status }) => status === "fulfilled");
};
const isAccepted = (id: string) =>
  producer
    .enqueue([
      {
        v: EVENT_VERSION,
        integration: "fake",
        kind: "fake",
        correlationId: "c-1",
        receivedAt: "2026-11-20T08:00:00.000Z",
        payload: {},
        id,
      },
    ])
    .then(
      () => true,
      () => false,
    );

test("14: a running worker and a running producer leave a Postgres that became read-only, LISTEN included", async () => {
  const { primary, standby } = await startServers();
  const url = `postgres://millrace:millrace@127.0.0.1:${proxy.port}/postgres`;
  const [producing, consuming] = [openQueueBackend(url, "producer", 2), openQueueBackend(url, "consumer", 2)];
  backends = [producing, consuming];
  producer = createProducer(producing, definition);
  worker = consuming.worker(definition.name, ({ id }) => Promise.resolve(processed.push(id)), {
    autorun: true,
    concurrency: 2,
    lockDuration: 5_000,
    stalledInterval: 1_000,
    maxStalledCount: 1,
    removeOnComplete: { age: 60, count: 100 },
    settings: { backoffStrategy: () => 0 },
  });
  closers.unshift(() => worker.close(), producer.close, producing.close, consuming.close);
  const expectWork = async (id: string) => {
    await until(`${id}: a job is accepted`, () => isAccepted(id));
    await until(`${id}: the job is processed`, () => processed.includes(id));
  };
  await expectWork("before");
  expect(await isWritable()).toBe(true);

  // A name that still leads to the old server, which is a standby now.
  proxy.retarget(standby);
  proxy.cut();
  await until("the store is not ready", async () => !(await isWritable()));
  expect(await isAccepted("refused by the standby")).toBe(false);
  proxy.retarget(primary);
  await expectWork("after the standby");

  // A primary that is made read-only keeps its connections, the one that listens too.
  const rows = openRows(`postgres://millrace:millrace@127.0.0.1:${primary}/postgres`);
  closers.unshift(rows.close);
  const listeners = () =>
    rows.rows<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = 'fake-inbound' and query like '%LISTEN bullmq_jobs%'",
    );
  await until("the worker listens", async () => (await listeners()).length > 0);
  const before = await listeners();
  await rows.rows("alter system set default_transaction_read_only = on");
  await rows.rows("select pg_reload_conf()");
  await until("the store is not ready", async () => !(await isWritable()));
  await until("a job is refused", async () => !(await isAccepted("refused by the primary")));
  await until("the connection that listens is gone", async () => {
    const pids = (await listeners()).map(({ pid }) => pid);
    return !before.some(({ pid }) => pids.includes(pid));
  });
  await rows.rows("alter system reset default_transaction_read_only");
  await rows.rows("select pg_reload_conf()");
  await expectWork("after the primary");
  await until("the store is ready", isWritable);
}, 60_000);
