import { cpus } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { systemNow, uuidv7 } from "@millrace/core";
import { assignAccounts, createReplays, migrateDatabase, openDatabase } from "@millrace/db";
import { createProducer, openQueueBackend, queueDefinition } from "@millrace/queue";
import { openRows, startBenchServers } from "@millrace/testing/servers";
import { startWorker } from "../../src/worker.ts";
import { localParts } from "../../test/local-parts.ts";
import { whatsapp, whatsappTexts } from "../events.ts";
import { buryTexts } from "./dead-letters.ts";
import { latencyLog } from "./latency-log.ts";

/** Events of the live stream a second. */
const LIVE = 40;

/** Texts made at a time, one of each of so many people. */
const BLOCK = 500;

/** How long the live stream is measured alone, in s. */
const ALONE_S = 60;

/**
 * `npm run bench -- replays [letters] [rate] [redis] [postgres]`: how long a live stream of WhatsApp texts takes from the queue to its
 * commit while dead letters are replayed, beside the same stream alone, in one run on each backend.
 */
async function main([letters = "50000", rate = "200", ...wanted]: string[]): Promise<void> {
  const servers = await startBenchServers();
  const stores = [
    ["redis", servers.redisUrl],
    ["postgres", servers.postgresUrl],
  ] as const;
  process.stdout.write(
    `${LIVE} live texts a second, ${letters} dead letters at most ${rate} a second, ${cpus().length} cores (${cpus()[0]?.model})\n\n`,
  );
  try {
    const rows: Record<string, unknown> = {};
    for (const [name, url] of stores) {
      if (url === undefined || (wanted.length > 0 && !wanted.includes(name))) continue;
      Object.assign(rows, await measure(name, servers.postgresUrl, url, Number(letters), Number(rate)));
    }
    console.table(rows);
  } finally {
    await servers.stop();
  }
}

async function measure(name: string, databaseUrl: string, queueUrl: string, letters: number, rate: number) {
  const database = openDatabase(databaseUrl, { maxConnections: 18, name: "bench" });
  await migrateDatabase(database);
  await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Bench" }], uuidv7);
  const rows = openRows(databaseUrl);
  const backend = openQueueBackend(queueUrl, "consumer", 8);
  await backend.migrate();
  const handler = whatsapp?.handler({});
  if (!handler) throw new Error("there is no WhatsApp integration");
  const latencies = latencyLog();
  const worker = startWorker({
    ...localParts(database),
    backend,
    integrations: [{ id: "whatsapp", handler }],
    concurrency: 16,
    log: latencies.log,
    random: Math.random,
  });
  const producer = createProducer(backend, queueDefinition("whatsapp", "inbound"));
  const live = startStream((events) => producer.enqueue(events), name);

  await wait(5_000);
  latencies.take();
  await wait(ALONE_S * 1_000);
  const alone = latencies.take();

  await buryTexts(rows, letters, name);
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

/** Enqueues live texts evenly until it is stopped. */
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
