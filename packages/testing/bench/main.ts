import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** `npm run bench -- <name>`. A benchmark of one app is in the folder of that app. Benchmarks of several apps are here. */
const benchmarks: Record<string, () => Promise<void>> = {
  ingest: () => runInProcess("apps/ingest/bench/main.ts"),
  worker: () => runInProcess("apps/worker/bench/main.ts"),
  replays: () => runInProcess("apps/worker/bench/replays/main.ts"),
  sends: async () => (await import("./sends.ts")).measureSends(),
  reads: async () => (await import("./reads.ts")).measureReads(...process.argv.slice(3).map(Number)),
  memory: async () => (await import("./memory.ts")).measureMemory(...process.argv.slice(3).map(Number)),
  "redis-loss": async () => (await import("./redis-loss.ts")).measureRedisLoss(),
  "lost-queue": async () => (await import("./lost-queue.ts")).measureLostQueue(),
  conversations: async () => (await import("./conversations.ts")).measureConversations(),
};

/** Runs the benchmark of an app in a process of its own, with the other arguments. */
async function runInProcess(file: string): Promise<void> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const { status } = spawnSync(process.execPath, [root + file, ...process.argv.slice(3)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

const [, , name = ""] = process.argv;
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  process.stderr.write(`usage: npm run bench -- <${Object.keys(benchmarks).join("|")}>\n`);
  process.exit(2);
}
await benchmark();
