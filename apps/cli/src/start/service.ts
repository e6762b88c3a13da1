import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { projectFolder, stateFolder } from "../env.ts";

/** One of Millrace's processes. */
export type Service = {
  /** Resolves once it answers; rejects with the reason when it does not. */
  ready: Promise<void>;
  stop(): Promise<void>;
};

type Options = {
  name: string;
  file: string;
  port: number;
  environment: Record<string, string | undefined>;
  onExit(): void;
};

/** How long a process may take to answer, in ms. */
const READY_DEADLINE_MS = 30_000;

/** Starts a process with its log in `.millrace/logs`; what it logs as an error is shown here too. */
export function startService({ name, file, port, environment, onExit }: Options): Service {
  const log = createWriteStream(join(stateFolder, "logs", `${name}.log`), { flags: "a" });
  // A process group of its own: Ctrl-C in the terminal must reach us alone, so that all end in the right order.
  const child = spawn(process.execPath, [join(projectFolder, file)], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let stopping = false;
  let complaints = "";
  child.stdout.on("data", (chunk: Buffer) => {
    log.write(chunk);
    for (const line of chunk.toString().split("\n"))
      if (line.includes('"level":"error"')) process.stderr.write(`  ${name}: ${line}\n`);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    log.write(chunk);
    complaints = (complaints + chunk.toString()).slice(-2_000);
  });
  void exited.then(() => {
    if (stopping) return;
    process.stderr.write(`  ${name} ended by itself: ${complaints.trim() || `see .millrace/logs/${name}.log`}\n`);
    onExit();
  });
  return {
    ready: untilReady(name, port, exited),
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function untilReady(name: string, port: number, exited: Promise<void>): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  const gone = exited.then(() => "gone" as const);
  while (Date.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined);
    if (response?.ok) return;
    if ((await Promise.race([gone, wait(50)])) === "gone") break;
  }
  throw new Error(`${name} did not start; see .millrace/logs/${name}.log`);
}
