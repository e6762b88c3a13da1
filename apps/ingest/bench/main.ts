import { fork } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { openQueueBackend } from "@millrace/queue";
import { findRedisServer, startBenchServers } from "@millrace/testing/servers";
import { type LoadResult, sendAll } from "./load.ts";
import { whatsappRequests } from "./requests.ts";

/** Webhooks per round; at 10,000 a second about two seconds. A third of them more go before, to warm the server up. */
const REQUESTS = 21_000;
const ROUNDS = 5;
const CONNECTIONS = 64;

/**
 * `npm run bench -- ingest`: webhooks accepted per second, beside the same server that verifies and splits but has no
 * queue behind it. The rounds alternate, so that a noisy moment hits both, and each has new stores, so that none pays for
 * what another left behind; the medians are compared.
 */
async function main(): Promise<void> {
  const machine = `${cpus().length} cores (${cpus()[0]?.model})`;
  process.stdout.write(
    `${REQUESTS} signed WhatsApp texts a round, ${CONNECTIONS} connections, ${ROUNDS} rounds, ${machine}\n\n`,
  );
  const rows: Record<string, Record<string, string>> = {};
  for (const kind of findRedisServer() ? (["redis", "postgres"] as const) : (["postgres"] as const)) {
    const verifying: LoadResult[] = [];
    const queued: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const servers = await startBenchServers();
      const queueUrl = kind === "redis" ? (servers.redisUrl ?? "") : servers.postgresUrl;
      const setup = openQueueBackend(queueUrl, "consumer", 2);
      await setup.migrate();
      await setup.close();
      verifying.push(await measure("none"));
      queued.push(await measure(queueUrl));
      await servers.stop();
    }
    const [alone, behind] = [median(verifying), median(queued)];
    rows[`verify only (beside ${kind})`] = describe(alone);
    rows[`queue on ${kind}`] = {
      ...describe(behind),
      "of verify only": (behind.perSecond / alone.perSecond).toFixed(2),
    };
  }
  console.table(rows);
}

async function measure(queueUrl: string): Promise<LoadResult> {
  const server = fork(fileURLToPath(new URL("./server.ts", import.meta.url)), [queueUrl], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const port = await new Promise<number>((resolve) => server.once("message", (message) => resolve(Number(message))));
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
  if (!middle) throw new Error("no rounds");
  return middle;
}

function describe({ perSecond, p50, p99, refused }: LoadResult): Record<string, string> {
  return {
    "webhooks/s": perSecond.toFixed(0),
    "p50 ms": p50.toFixed(1),
    "p99 ms": p99.toFixed(1),
    "not 200": String(refused),
  };
}

await main();
