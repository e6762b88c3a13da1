import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { findRedisServer, freePort, startRedis, type TestRedis, until, WORKER_SETTINGS } from "@millrace/testing";
import { queueDefinition } from "../../catalogue.ts";
import { jobOptions } from "../../producer/job-options.ts";
import { createProducer } from "../../producer/producer.ts";
import type { JobQueue, JobWorker, QueueBackend } from "../backend.ts";
import { openQueueBackend } from "../open-backend.ts";

const DEFINITION = queueDefinition("whatsapp", "inbound");

/** The setting of docker-compose.yml, by its name in Redis 6, which later versions accept. */
const LISTPACK = ["--hash-max-ziplist-value", "2048"];

/** A text as ingest enqueues it, with ids as long as those of WhatsApp. */
const WAMID = "wamid.HBgNNDkxNTExMjM0NTY3OBUCABIYFjNFQjBDNDMxQzI2QTE5RTQ3NkEwAA==";
const EVENT: InboundEvent = {
  v: EVENT_VERSION,
  integration: "whatsapp",
  id: `message.100000000000001.${WAMID}`,
  kind: "message",
  correlationId: "01a21391-25c9-71a7-87d2-949ddf2a17c6",
  receivedAt: "2026-11-22T10:00:00.000Z",
  payload: {
    metadata: { display_phone_number: "49301234567", phone_number_id: "100000000000001" },
    contact: { profile: { name: "Ada Sample" }, wa_id: "4915112345678" },
    message: {
      from: "4915112345678",
      id: WAMID,
      timestamp: "1790000000",
      type: "text",
      text: { body: "Hello, is the blue one still there?" },
    },
  },
};
const { integration, id, kind, ...stored } = EVENT;

describe.runIf(findRedisServer())("a job on Redis", () => {
  let server: TestRedis;
  let redis: Redis;
  let backend: QueueBackend;
  let queue: JobQueue;
  let worker: JobWorker | undefined;

  beforeAll(async () => {
    server = await startRedis({ port: await freePort(), args: LISTPACK });
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    backend = openQueueBackend(server.url, "consumer", 1);
    queue = backend.queue(DEFINITION.name);
    worker = undefined;
  });
  afterEach(async () => {
    await worker?.close();
    await queue.close();
    await backend.close();
  });

  const enqueue = async (...events: InboundEvent[]) => {
    const producer = createProducer(backend, DEFINITION, () => new Date("2026-11-22T10:00:00.000Z"));
    await producer.enqueue(events);
    await producer.close();
  };
  /** A field of a stored job as JSON. */
  const read = async (jobId: string, field: "data" | "opts") =>
    JSON.parse((await redis.hget(queue.toKey(jobId), field)) ?? "") as unknown;

  test("the stored job repeats nothing, and takes at most 910 bytes", async () => {
    await enqueue(EVENT);
    expect(await read(id, "data")).toEqual(stored);
    expect(await read(id, "opts")).toEqual({});
    const bytes = await redis.memory("USAGE", queue.toKey(id), "SAMPLES", 0);
    // The list of waiting jobs contains the id, with four bytes for its length.
    expect(Number(bytes) + id.length + 4).toBeLessThanOrEqual(910);
  });

  test("BullMQ's event log stays short", async () => {
    await queue.waitUntilReady();
    await enqueue(...Array.from({ length: 500 }, (_, index) => ({ ...EVENT, id: `${id}${index}` })));
    expect(await redis.xlen(queue.toKey("events"))).toBeLessThanOrEqual(200);
  });

  test("every reader gets the job in full", async () => {
    await enqueue(EVENT);
    const full = { id, data: EVENT, opts: { jobId: id, ...jobOptions(DEFINITION) } };
    expect(await queue.getJob(id)).toMatchObject(full);
    expect(await queue.getJobs(["waiting"])).toMatchObject([full]);
    expect(await backend.firstWaiting(queue, 1)).toMatchObject([{ id, data: EVENT }]);
    const processed: unknown[] = [];
    worker = backend.worker(DEFINITION.name, async (job) => processed.push(job), {
      autorun: true,
      concurrency: 1,
      ...WORKER_SETTINGS,
    });
    await until("the worker has processed the job", () => processed.length > 0);
    expect(processed).toMatchObject([full]);
  });

  test("a job keeps what only it has", async () => {
    await enqueue({ ...EVENT, notBefore: "2026-11-22T10:01:00.000Z", index: 3 });
    expect(await read(id, "opts")).toEqual({ delay: 60_000 });
    expect(await queue.getJob(id)).toMatchObject({ delay: 60_000, data: { index: 3 }, opts: { attempts: 8 } });
    await queue.add(kind, { ...EVENT, id: "one" }, { jobId: "one", attempts: 3 });
    await queue.add(kind, { ...EVENT, id: "other" }, { jobId: "two", ...jobOptions(DEFINITION) });
    expect(await queue.getJob("one")).toMatchObject({ data: { id: "one" }, opts: { attempts: 3 } });
    expect(await queue.getJob("two")).toMatchObject({ data: { id: "other" }, opts: { jobId: "two" } });
  });

  test("jobs that wait in full, and jobs of other programs, are read as they are", async () => {
    const options = { jobId: id, ...jobOptions(DEFINITION), priority: 0 };
    const other = { v: EVENT_VERSION, id: "its own", name: "Ada" };
    await redis.hset(queue.toKey(id), { name: kind, data: JSON.stringify(EVENT), opts: JSON.stringify(options) });
    await redis.hset(queue.toKey("other"), { name: "ping", data: JSON.stringify(other), opts: "{}" });
    await redis.hset(queue.toKey("text"), { name: "ping", data: '"text"', opts: "{}" });
    expect(await queue.getJob(id)).toMatchObject({ data: EVENT, opts: options });
    expect(await queue.getJob("other")).toMatchObject({ data: other });
    expect((await queue.getJob("text"))?.data).toBe("text");
  });

  test("11: a shortened job of a newer version is read in full, so that it can wait for a newer worker", async () => {
    const { v: _v, ...newer } = { ...stored, added: "by a newer version" };
    const data = JSON.stringify({ v: EVENT_VERSION + 1, ...newer });
    await redis.hset(queue.toKey(id), { name: kind, data, opts: "{}" });
    await redis.lpush(queue.toKey("wait"), id);
    const full = { ...newer, v: EVENT_VERSION + 1, integration, id, kind };
    expect((await queue.getJob(id))?.data).toEqual(full);
    expect(await backend.firstWaiting(queue, 1)).toMatchObject([{ id, data: full }]);
  });

  test("a job that is updated is read as it was written", async () => {
    await enqueue(EVENT);
    const waiting = { ...EVENT, waitsFor: `${integration}:1065` };
    await (await queue.getJob(id))?.updateData(waiting);
    expect(await queue.getJob(id)).toMatchObject({ data: waiting, opts: { attempts: 8 } });
  });
});
