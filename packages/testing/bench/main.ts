import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** `npm run bench -- <name>`. What one app does alone is measured by that app's own benchmark; what takes all of them, here. */
const benchmarks: Record<string, () => Promise<void>> = {
  ingest: () => ofApp("apps/ingest/bench/main.ts"),
  worker: () => ofApp("apps/worker/bench/main.ts"),
  replays: () => ofApp("apps/worker/bench/replays/main.ts"),
  sends: async () => (await import("./sends.ts")).measureSends(),
  conversations: async () => (await import("./conversations.ts")).measureConversations(),
};

async function ofApp(file: string): Promise<void> {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const { status } = spawnSync(process.execPath, [root + file, ...process.argv.slice(3)], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}

const benchmark = benchmarks[process.argv[2] ?? ""];
if (benchmark === undefined) {
  process.stderr.write(`which benchmark? ${Object.keys(benchmarks).join(", ")}\n`);
  process.exit(2);
}
await benchmark();
