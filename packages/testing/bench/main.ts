import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** `npm run bench -- ingest` and `npm run bench -- worker`; each app holds its own benchmark. */
const benchmarks: Record<string, string> = {
  ingest: "apps/ingest/bench/main.ts",
  worker: "apps/worker/bench/main.ts",
};

const file = benchmarks[process.argv[2] ?? ""];
if (file === undefined) {
  process.stderr.write(`which benchmark? ${Object.keys(benchmarks).join(", ")}\n`);
  process.exit(2);
}
const root = fileURLToPath(new URL("../../../", import.meta.url));
process.exit(spawnSync(process.execPath, [root + file, ...process.argv.slice(3)], { stdio: "inherit" }).status ?? 1);
