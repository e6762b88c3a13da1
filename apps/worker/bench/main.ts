import { cpus } from "node:os";
import { uuidv7 } from "@millrace/core";
import { assignAccounts, migrateDatabase, openDatabase } from "@millrace/db";
import { openQueueBackend } from "@millrace/queue";
import { startBenchServers } from "@millrace/testing/servers";
import { runBare } from "./bare.ts";
import { whatsapp, whatsappTexts } from "./events.ts";
import { runQueued } from "./queued.ts";

const EVENTS = 4_000;
const ROUNDS = 3;
const CONCURRENCY = 16;

/**
 * `npm run bench -- worker`: WhatsApp texts per second into Postgres through the queue and one worker, and the same
 * statements at the same concurrency without a queue. The rounds alternate; the medians are compared.
 */
async function main(): Promise<void> {
  const servers = await startBenchServers();
  const database = openDatabase(servers.postgresUrl, { maxConnections: CONCURRENCY + 2, name: "bench" });
  try {
    await migrateDatabase(database);
    await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Bench" }], uuidv7);
    const setup = openQueueBackend(servers.postgresUrl, "consumer", 2);
    await setup.migrate();
    await setup.close();
    const handler = whatsapp?.handler({});
    if (!handler) throw new Error("the registry has no WhatsApp integration");

    const runs: Record<string, (run: string) => Promise<number>> = {
      "bare statements": (run) => runBare(database, handler, whatsappTexts(EVENTS, run), CONCURRENCY),
      ...(servers.redisUrl === undefined
        ? {}
        : {
            "queue on redis": (run: string) =>
              runQueued(database, servers.redisUrl ?? "", handler, whatsappTexts(EVENTS, run), CONCURRENCY),
          }),
      "queue on postgres": (run) =>
        runQueued(database, servers.postgresUrl, handler, whatsappTexts(EVENTS, run), CONCURRENCY),
    };
    process.stdout.write(
      `${EVENTS} texts from 500 people per round, ${CONCURRENCY} at a time, ${ROUNDS} rounds, ${cpus().length} cores (${cpus()[0]?.model})\n\n`,
    );
    const results = Object.fromEntries(Object.keys(runs).map((name) => [name, [] as number[]]));
    await runs["bare statements"]?.("warmup");
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, [name, run]] of Object.entries(runs).entries())
        results[name]?.push(await run(`${index}r${round}`));
    }
    const bare = median(results["bare statements"] ?? []);
    console.table(
      Object.fromEntries(
        Object.entries(results).map(([name, rates]) => [
          name,
          { "messages/s": median(rates).toFixed(0), "of bare": (median(rates) / bare).toFixed(2) },
        ]),
      ),
    );
  } finally {
    await database.close();
    await servers.stop();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

await main();
