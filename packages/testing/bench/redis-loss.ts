import { readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EVENT_VERSION, type InboundEvent } from "@millrace/core";
import { createProducer, createQueueReader, openQueueBackend, queueDefinition } from "@millrace/queue";
import { freePort, startRedis, temporaryFolder, until } from "../src/servers/index.ts";
import { MACHINE } from "./deployment.ts";
import { percentile } from "./load.ts";

const ROUNDS = 5;

/** Requests in progress at a time. */
const CONCURRENCY = 32;

/** How long jobs are added before the crash, in ms. */
const LOAD_MS = 4_000;

/** With `everysec`, Redis syncs once a second. A crash of the machine can lose what was written since. */
const UNSYNCED_MS = 1_000;

const SIZE_POLL_MS = 20;

type Sync = "always" | "everysec";

/** A crash: of the Redis process, or of the machine directly before a sync. */
type Crash = "process" | "machine";

type Round = { acknowledged: number; missing: number };

/**
 * `npm run bench -- redis-loss`: how many acknowledged jobs are missing after a crash. SIGKILL ends Redis while jobs are
 * added. For a crash of the machine, the append-only file is then cut to its size of a second before, because the kernel
 * keeps what the process wrote, and a machine without power does not.
 */
export async function measureRedisLoss(): Promise<void> {
  process.stdout.write(
    `jobs are added ${CONCURRENCY} at a time for ${LOAD_MS / 1000} s, then Redis crashes; ${MACHINE}\n`,
  );
  const table: Record<string, Record<string, string>> = {};
  for (const [sync, crash] of [
    ["always", "process"],
    ["everysec", "process"],
    ["everysec", "machine"],
  ] as const) {
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await crashOnce(sync, crash));
    const missing = rounds.map((one) => one.missing);
    table[`appendfsync ${sync}, crash of the ${crash}`] = {
      "acknowledged/s": (
        percentile(
          rounds.map((one) => one.acknowledged),
          0.5,
        ) /
        (LOAD_MS / 1000)
      ).toFixed(0),
      "missing, each round": missing.join(", "),
      "missing at most": String(Math.max(...missing)),
    };
  }
  console.table(table);
}

async function crashOnce(sync: Sync, crash: Crash): Promise<Round> {
  const folder = temporaryFolder();
  const options = { port: await freePort(), durable: { folder, sync }, args: ["--save", ""] };
  const redis = await startRedis(options);
  const definition = queueDefinition("whatsapp", "inbound");
  const backend = openQueueBackend(redis.url, "producer", 1);
  const producer = createProducer(backend, definition);
  await until("the producer is connected", () =>
    backend.checkWritable().then(
      () => true,
      () => false,
    ),
  );
  const acknowledged = new Set<string>();
  let crashed = false;
  const sizes = watchSize(join(folder, "appendonlydir"), () => crashed);
  const add = async () => {
    for (let isUp = true; isUp;) {
      const event = eventOf(`message.${crypto.randomUUID()}`);
      isUp = await producer.enqueue([event]).then(
        () => acknowledged.add(event.id).size > 0,
        () => false,
      );
    }
  };
  const adding = Promise.all(Array.from({ length: CONCURRENCY }, add));
  await wait(LOAD_MS);
  process.kill(redis.pid, "SIGKILL");
  await redis.stop();
  crashed = true;
  await adding;
  await producer.close().catch(() => undefined);
  await backend.close().catch(() => undefined);
  const { file, sizeBefore } = await sizes;
  if (crash === "machine") truncateSync(file, sizeBefore);

  const restarted = await startRedis(options);
  const reading = openQueueBackend(restarted.url, "consumer", 1);
  const reader = createQueueReader(reading, [definition]);
  const found = await reader.states();
  await reader.close();
  await reading.close();
  await restarted.stop();
  rmSync(folder, { recursive: true, force: true });
  return { acknowledged: acknowledged.size, missing: [...acknowledged].filter((id) => !found.has(id)).length };
}

/** Watches the append-only file. Resolves with it and its size {@link UNSYNCED_MS} before the crash. */
async function watchSize(folder: string, crashed: () => boolean): Promise<{ file: string; sizeBefore: number }> {
  const name = readdirSync(folder).find((one) => one.endsWith(".incr.aof"));
  if (name === undefined) throw new Error("Redis has no append-only file");
  const file = join(folder, name);
  const sizes: { at: number; size: number }[] = [];
  while (!crashed()) {
    sizes.push({ at: performance.now(), size: statSync(file).size });
    await wait(SIZE_POLL_MS);
  }
  const last = sizes.findLast(({ at }) => at < performance.now() - UNSYNCED_MS);
  return { file, sizeBefore: last?.size ?? 0 };
}

function eventOf(id: string): InboundEvent {
  const receivedAt = new Date().toISOString();
  const payload = { text: "Hello, is the blue one still there?" };
  return { v: EVENT_VERSION, integration: "whatsapp", id, kind: "message", correlationId: id, receivedAt, payload };
}
