import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openQueueBackend } from "@millrace/queue";
import {
  findRedisServer,
  freePort,
  openRows,
  startPostgres,
  startRedis,
  temporaryFolder,
  until,
} from "../src/servers/index.ts";
import { type AppProcess, millrace, startApp } from "./processes.ts";
import { brokenItem, deliver, type Item, secrets, statusItem, textItem } from "./simulated-platform.ts";

const TEXTS = 240;
const STATUSES = 80;
const BROKEN = 12;

describe.each(findRedisServer() ? ["redis", "postgres"] : ["postgres"])("chaos with the queue on %s", (kind) => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  const cleanUps: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
    rmSync(folder, { recursive: true, force: true });
  });

  test("1, 2, 3, 8: every event that got a 2xx is traceable, none is missing, and none takes effect twice", async () => {
    const [postgresPort, redisPort] = [await freePort(), await freePort()];
    const openPostgres = () => startPostgres({ folder: join(folder, "postgres"), port: postgresPort });
    const openRedis = () => startRedis({ port: redisPort, durable: { folder: join(folder, "redis"), sync: "always" } });
    let database = await openPostgres();
    let redis = kind === "redis" ? await openRedis() : undefined;
    cleanUps.push(() => Promise.all([database.stop(), redis?.stop()]));
    const environment = {
      ...secrets,
      DATABASE_URL: database.url,
      ...(redis ? { QUEUE_URL: redis.url } : {}),
    };
    await millrace(["migrate"], environment);
    await millrace(["accounts", "add", "Chaos", "whatsapp", "*"], environment);
    const ingest = await startApp("ingest", environment);
    cleanUps.push(ingest.kill);
    const workers: AppProcess[] = await Promise.all([0, 1, 2].map(() => startApp("worker", environment)));
    cleanUps.push(() => Promise.all(workers.map((worker) => worker.kill())));

    const items = [...range(TEXTS, textItem), ...range(STATUSES, statusItem), ...range(BROKEN, brokenItem)];
    const accepted = new Set<string>();
    const backend = openQueueBackend(redis?.url ?? database.url, "consumer", 1);
    const queue = backend.queue("whatsapp-inbound");
    cleanUps.push(async () => {
      await queue.close();
      await backend.close();
    });
    const noStalledJob = async () => {
      const active = await queue.getJobs(["active"]).catch(() => undefined);
      return active?.every(({ stalledCounter }) => stalledCounter === 0) ?? false;
    };
    // A job that stalls twice becomes a dead letter. So the workers are suspended while no active job has stalled before:
    // the fault then makes each job stall once at most.
    const suspendWorkers = async () => {
      await until("no active job has stalled before", async () => {
        for (const worker of workers) worker.suspend();
        if (await noStalledJob()) return true;
        for (const worker of workers) worker.resume();
        return false;
      });
    };
    const replaceWorker = async (index: number) => {
      await suspendWorkers();
      await workers[index]?.kill();
      for (const worker of workers) worker.resume();
      workers[index] = await startApp("worker", environment);
    };
    const restartStore = async () => {
      await suspendWorkers();
      const stopped = redis ? redis.stop() : database.stop();
      for (const worker of workers) worker.resume();
      await stopped;
      if (redis) redis = await openRedis();
      else database = await openPostgres();
    };
    const chaos = (async () => {
      for (const index of [0, 1]) {
        await until("ingest has accepted more items", () => accepted.size > (items.length * (index * 2 + 1)) / 5);
        await replaceWorker(index);
        await until("ingest has accepted more items", () => accepted.size > (items.length * (index * 2 + 2)) / 5);
        await restartStore();
      }
    })();
    // As platforms do, each batch is repeated until ingest accepts it, and some items arrive again in other batches.
    for (const batch of batches(items)) {
      await until("ingest accepts a batch", () => deliver(`http://127.0.0.1:${ingest.port}`, batch));
      for (const item of batch) accepted.add(item.eventId);
    }
    await chaos;

    const counts = async () => JSON.parse(await millrace(["status", "--json"], environment)).integrations.whatsapp;
    // The rows are polled first, because each `millrace status` is a process that takes CPU time from the workers.
    const sql = openRows(database.url);
    await until(
      "every event is recorded",
      async () => {
        const [row] = await sql.rows<{ events: number }>("select count(*)::int events from millrace.webhook_events");
        return row?.events === items.length;
      },
      100_000,
    );
    await until(
      "no event is waiting or in flight",
      async () => {
        const { waiting, inFlight } = await counts();
        return waiting + inFlight === 0;
      },
      100_000,
    );
    const reasons = await millrace(["dead-letters", "list", "--json"], environment);
    expect(await counts(), reasons).toEqual({
      waiting: 0,
      inFlight: 0,
      done: TEXTS + STATUSES,
      dead: BROKEN,
      discarded: 0,
    });

    const traces: { eventId: string; state: string }[] = JSON.parse(
      await millrace(["trace", ...accepted, "--json"], environment),
    );
    const stateOf = new Map(traces.map(({ eventId, state }) => [eventId, state]));
    expect(accepted.size).toBe(items.length);
    expect([...accepted].filter((id) => stateOf.get(id) !== (id.includes("broken") ? "dead" : "done"))).toEqual([]);

    const [rows] =
      await sql.rows(`select (select count(*)::int from messages) messages, (select count(*)::int from message_statuses) statuses,
      (select count(*)::int from contacts) contacts, (select count(*)::int from conversations) conversations,
      (select count(*)::int from cases) cases, (select count(*)::int from millrace.dead_letters where state = 'dead') dead_letters`);
    expect(rows).toEqual({
      messages: TEXTS,
      statuses: STATUSES,
      contacts: 20,
      conversations: 20,
      cases: 20,
      dead_letters: BROKEN,
    });
    await sql.close();

    expect(await ingest.stop()).toBe(0);
    const codes = await Promise.all(workers.map((worker) => worker.stop()));
    expect(codes, workers.map((worker) => worker.output().slice(-3_000)).join("\n")).toEqual([0, 0, 0]);
    const output = ingest.output() + workers.map((worker) => worker.output()).join("");
    const confidential = Object.values(secrets).filter((secret) => secret !== "sandbox");
    expect(confidential.filter((secret) => output.includes(secret))).toEqual([]);
  }, 240_000);
});

function range(count: number, item: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => item(index));
}

/** Shuffles the items into batches of 1 to 25. A third of them occur twice. */
function batches(items: readonly Item[]): Item[][] {
  const order = fc.shuffledSubarray([...items], { minLength: items.length });
  const repeated = fc.subarray([...items], { minLength: Math.floor(items.length / 3) });
  const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: items.length * 2, maxLength: items.length * 2 });
  const [sample] = fc.sample(fc.tuple(order, repeated, sizes), { numRuns: 1, seed: 20_261_122 });
  if (!sample) return [];
  const all = [...sample[0], ...sample[1]];
  const result: Item[][] = [];
  for (const size of sample[2]) if (all.length > 0) result.push(all.splice(0, size));
  return result;
}
