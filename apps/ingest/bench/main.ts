import { fork } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { openQueueBackend } from "@millrace/queue";
import { findRedisServer, startBenchServers } from "@millrace/testing/servers";
import { type LoadResult, sendAll } from "./load.ts";
import { whatsappRequests } from "./requests.ts";

/** Webhooks per round, about two seconds at 10,000 a second. Another third of this number warms the server up. */
const REQUESTS = 21_000;
const ROUNDS = 5;
const CONNECTIONS = 64;

/**
 * `npm run bench -- ingest`: webhooks accepted per second, compared with the same server that authenticates and parses
 * but has no queue. The rounds alternate, so that a busy moment of the machine affects both. Each round has new stores, so
 * that no round pays for the data of another. The table compares the medians.
 */
async function main(): Promise<void> {
  const machine = `${cpus().length} cores (${cpus()[0]?.model})`;
  process.stdout.write(
    `${REQUESTS} signed WhatsApp texts per round, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds, ${machine}\n\n`,
  );
  const table: Record<string, Record<string, string>> = {};
  for (const store of findRedisServer() ? (["redis", "postgres"] as const) : (["postgres"] as const)) {
    const withoutQueue: LoadResult[] = [];
    const withQueue: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const servers = await startBenchServers();
      const queueUrl = store === "redis" ? (servers.redisUrl ?? "") : servers.postgresUrl;
      const backend = openQueueBackend(queueUrl, "consumer", 2);
      await backend.migrate();
      await backend.close();
      withoutQueue.push(await measure("none"));
      withQueue.push(await measure(queueUrl));
      await servers.stop();
    }
    const [baseline, queued] = [median(withoutQueue), median(withQueue)];
    table[`no queue (compared with ${store})`] = formatResult(baseline);
    table[`queue on ${store}`] = {
      ...formatResult(queued),
      "ratio to no queue": (queued.perSecond / baseline.perSecond).toFixed(2),
    };
  }
  console.table(table);
}

async function measure(queueUrl: string): Promise<LoadResult> {
  const server = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [queueUrl], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.once("message", (message) => resolve(Number(message)));
    server.once("exit", (code) => reject(new Error(`the server exited with ${code}`)));
  });
  try {
    await sendAll(port, whatsappRequests(REQUESTS / 3, "w"), CONNECTIONS);
    return await sendAll(port, whatsappRequests(REQUESTS, "r"), CONNECTIONS);
  } finally {
    server.kill("SIGKILL");
  }
}

function median(results: readonly LoadResult[]): LoadResult {
  const sorted = results.toSorted((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error("there are no results");
  return middle;
}

function formatResult({ perSecond, p50, p99, not200 }: LoadResult): Record<string, string> {
  return {
    "webhooks/s": perSecond.toFixed(0),
    "p50 ms": p50.toFixed(1),
    "p99 ms": p99.toFixed(1),
    "not 200": String(not200),
  };
}

await main();
