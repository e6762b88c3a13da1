import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, createReplays, migrateDatabase, openDatabase } from "@millrace/db";
import { createProducer, openQueueBackend, queueDefinition } from "@millrace/queue";
import { openRows, startBenchServers } from "@millrace/testing/servers";
import { startWorker } from "../../src/worker.ts";
import { localPorts, localStores } from "../../test/harness/local-deps.ts";
import { whatsappTexts } from "../events.ts";
import { insertDeadLetters } from "./dead-letters.ts";
import { workerIntegrations } from "../queued.ts";
import { latencyLog } from "./latency-log.ts";

/** Events per second of the live stream. */
const LIVE = 40;

/** How many texts are created at a time, each from another person. */
const BLOCK = 500;

/** How long the live stream is measured without replays, in s. */
const ALONE_S = 60;

/**
 * `npm run bench -- replays [dead letters] [rate] [redis] [postgres]`: the latency of a live stream of WhatsApp texts
 * from the queue to the commit, first alone and then while dead letters are replayed, in one run per backend.
 */
async function main([deadLetters = "50000", rate = "200", ...wanted]: string[]): Promise<void> {
  const servers = await startBenchServers();
  const stores = [
    ["redis", servers.redisUrl],
    ["postgres", servers.postgresUrl],
  ] as const;
  process.stdout.write(
    `${LIVE} live texts per second, ${deadLetters} dead letters at most ${rate} per second, ${cpus().length} cores (${cpus()[0]?.model})\n\n`,
  );
  try {
    const rows: Record<string, unknown> = {};
    for (const [name, url] of stores) {
      if (url === undefined || (wanted.length > 0 && !wanted.includes(name))) continue;
      Object.assign(rows, await measure(name, servers.postgresUrl, url, Number(deadLetters), Number(rate)));
    }
    console.table(rows);
  } finally {
    await servers.stop();
  }
}

async function measure(name: string, databaseUrl: string, queueUrl: string, deadLetters: number, rate: number) {
  const database = openDatabase(databaseUrl, { maxConnections: 18, name: "bench" });
  await migrateDatabase(database);
  await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Bench" }], uuidv7);
  const rows = openRows(databaseUrl);
  const backend = openQueueBackend(queueUrl, "consumer", 8);
  await backend.migrate();
  const latencies = latencyLog();
  const worker = startWorker({
    stores: localStores(database, backend),
    ports: localPorts(latencies.log, Math.random),
    integrations: workerIntegrations(false),
    formats: [],
    consumption: { concurrency: 16, expiresAfterMs: {} },
  });
  const producer = createProducer(backend, queueDefinition("whatsapp", "inbound"));
  const live = startStream((events) => producer.enqueue(events), name);

  await wait(5_000);
  latencies.take();
  await wait(ALONE_S * 1_000);
  const alone = latencies.take();

  await insertDeadLetters(rows, deadLetters, name);
  latencies.take();
  const startedAt = performance.now();
  const replays = createReplays(database, uuidv7, systemNow);
  const begun = await replays.start({}, rate, { actor: "bench" });
  let replay = begun;
  while (replay?.state === "running") {
    await wait(1_000);
    replay = await replays.find(replay.id);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const during = latencies.take();
  await live.stop();
  await worker.stop(5_000);
  await producer.close();
  await backend.close();
  await rows.close();
  await database.close();
  const resolved = replay?.progress.resolved ?? 0;
  return {
    [`${name}, alone`]: figures(alone),
    [`${name}, replaying`]: {
      ...figures(during),
      "p95 of alone": (percentile(during, 0.95) / percentile(alone, 0.95)).toFixed(2),
      replayed: resolved,
      "replayed/s": (resolved / seconds).toFixed(0),
    },
  };
}

/** Enqueues live texts at an even rate until it is stopped. */
function startStream(enqueue: (events: ReturnType<typeof whatsappTexts>) => Promise<void>, run: string) {
  let sent = 0;
  let texts: ReturnType<typeof whatsappTexts> = [];
  const stopping = new AbortController();
  const running = (async () => {
    for (const startedAt = performance.now(); !stopping.signal.aborted;) {
      const due = Math.floor(((performance.now() - startedAt) * LIVE) / 1_000);
      for (; sent < due; sent++) {
        if (sent % BLOCK === 0) texts = whatsappTexts(BLOCK, `live${run}${sent}`);
        await enqueue(texts.slice(sent % BLOCK, (sent % BLOCK) + 1));
      }
      await wait(5);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function figures(latencies: readonly number[]) {
  const ms = (share: number) => `${percentile(latencies, share)} ms`;
  return { texts: latencies.length, p50: ms(0.5), p95: ms(0.95), p99: ms(0.99) };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, two) => one - two);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

await main(process.argv.slice(2));
