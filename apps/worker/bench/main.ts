import { cpus, loadavg } from "node:os";
import { uuidv7 } from "@millrace/core";
import { assignAccounts, type Database, migrateDatabase, openDatabase } from "@millrace/db";
import { openQueueBackend } from "@millrace/queue";
import { startBenchServers } from "@millrace/testing/servers";
import { PEOPLE, whatsappTexts } from "./events.ts";
import { measureLoneTexts } from "./lone-texts.ts";
import { runQueued } from "./queued.ts";
import { runSetBased } from "./set-based.ts";

const EVENTS = 5_000;
const ROUNDS = 3;
const LONE_TEXTS = 100;

/** A measurement: texts per second. */
type Run = (database: Database, run: string) => Promise<number>;

/**
 * `npm run bench -- worker`: WhatsApp texts per second through the queue and one worker, beside the same rows written by
 * set-based SQL alone. The rounds alternate; the medians are compared. Then the time of one lone text.
 */
async function main(): Promise<void> {
  const servers = await startBenchServers();
  const database = openDatabase(servers.postgresUrl, { maxConnections: 18, name: "bench" });
  try {
    await migrateDatabase(database);
    await assignAccounts(database.orm, [{ provider: "whatsapp", externalId: "*", tenantName: "Bench" }], uuidv7);
    const setup = openQueueBackend(servers.postgresUrl, "consumer", 2);
    await setup.migrate();
    await setup.close();
    const stores = { ...(servers.redisUrl ? { Redis: servers.redisUrl } : {}), Postgres: servers.postgresUrl };
    process.stdout.write(
      `${EVENTS} texts of ${PEOPLE} people per round, ${ROUNDS} rounds, ${cpus().length} cores (${cpus()[0]?.model}), load ${loadavg()[0]?.toFixed(1)}\n`,
    );
    // The first texts create the people, and each store's first worker warms it up.
    for (const [name, url] of Object.entries(stores))
      await runQueued(database, url, whatsappTexts(2 * PEOPLE, `warmup${name}`), true);
    for (const withAi of [false, true]) {
      const queued = Object.entries(stores).map(([name, url]): [string, Run] => [
        `queue on ${name}`,
        (target, run) => runQueued(target, url, whatsappTexts(EVENTS, run), withAi),
      ]);
      const setBased: Run = (target, run) => runSetBased(target, whatsappTexts(EVENTS, run), withAi);
      process.stdout.write(`\n${withAi ? "AI on" : "AI off"}\n`);
      console.table(await compare(database, [["set-based SQL", setBased], ...queued], withAi ? "on" : "off"));
    }
    for (const [name, url] of Object.entries(stores)) {
      const times = (await measureLoneTexts(database, url, whatsappTexts(LONE_TEXTS, `lone${name}`))).toSorted(
        (one, other) => one - other,
      );
      process.stdout.write(
        `one lone text, queue on ${name}: p50 ${at(times, 0.5).toFixed(1)} ms, p99 ${at(times, 0.99).toFixed(1)} ms\n`,
      );
    }
  } finally {
    await database.close();
    await servers.stop();
  }
}

/** Runs each measurement in turns. Returns the medians, and their ratios to the first one. */
async function compare(database: Database, runs: readonly [string, Run][], label: string) {
  const rates = runs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, [, run]] of runs.entries()) rates[index]?.push(await run(database, `${label}${index}r${round}`));
  const medians = rates.map((values) =>
    at(
      values.toSorted((one, other) => one - other),
      0.5,
    ),
  );
  const rows = runs.map(([name], index) => {
    const median = medians[index] ?? 0;
    const rounds = rates[index]?.map((rate) => rate.toFixed(0)).join(", ");
    return [name, { "texts/s": median.toFixed(0), rounds, ratio: (median / (medians[0] ?? 1)).toFixed(2) }];
  });
  return Object.fromEntries(rows);
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

await main();
