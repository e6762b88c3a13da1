import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { findRedisServer } from "../src/servers/index.ts";
import { planRun } from "./plan/plan.ts";
import { formatReport, isViolated } from "./report.ts";
import { runChaos } from "./run.ts";

const USAGE = "usage: npm run chaos -- --seed N --minutes M [--queue redis|postgres] [--json file]";

/** `npm run chaos`: a run with random load and random faults. Ends with 1 if a guarantee was violated, with 2 on wrong arguments. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      minutes: { type: "string" },
      queue: { type: "string" },
      json: { type: "string" },
    },
  });
  const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
  const backend = values.queue ?? (findRedisServer() ? "redis" : "postgres");
  if (!Number.isSafeInteger(seed) || !(minutes > 0) || (backend !== "redis" && backend !== "postgres")) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const report = await runChaos(planRun(seed, backend, minutes * 60_000));
  process.stdout.write(formatReport(report));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (!isViolated(report)) return 0;
  process.stdout.write(`repeat with: npm run chaos -- --seed ${seed} --minutes ${minutes} --queue ${backend}\n`);
  return 1;
}

process.exit(await main());
