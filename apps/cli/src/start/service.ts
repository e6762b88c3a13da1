import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Environment } from "@millrace/core";
import { projectFolder, stateFolder } from "../env.ts";
import { NODE_FLAGS } from "./node-flags.ts";

/** One of Millrace's processes. */
export type Service = {
  /** Resolves once the process answers requests. Rejects if it ends before or takes too long. */
  ready: Promise<void>;
  stop(): Promise<void>;
};

type ServiceOptions = {
  name: string;
  file: string;
  port: number;
  environment: Environment;
  /** Called if the process ends without a call of `stop`. */
  onExit(): void;
};

/** Longest time until a process answers requests, in ms. */
const READY_DEADLINE_MS = 30_000;

/** Starts a process that logs to `.millrace/logs`. The terminal shows its errors too. */
export function startService({ name, file, port, environment, onExit }: ServiceOptions): Service {
  const log = createWriteStream(join(stateFolder, "logs", `${name}.log`), { flags: "a" });
  // The process has its own process group. Ctrl-C then reaches only this process, which stops the others in order.
  const child = spawn(process.execPath, [...NODE_FLAGS, join(projectFolder, file)], {
    // A later start finds the compiled code of this one.
    env: { NODE_COMPILE_CACHE: join(projectFolder, "node_modules/.cache/millrace"), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let stopping = false;
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    log.write(chunk);
    for (const line of chunk.toString().split("\n"))
      if (line.includes('"level":"error"')) process.stderr.write(`  ${name}: ${line}\n`);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    log.write(chunk);
    stderr = (stderr + chunk.toString()).slice(-2_000);
  });
  void exited.then(() => {
    if (stopping) return;
    process.stderr.write(`  ${name} exited: ${stderr.trim() || `see .millrace/logs/${name}.log`}\n`);
    onExit();
  });
  return {
    ready: waitUntilReady(name, port, exited),
    async stop() {
      stopping = true;
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function waitUntilReady(name: string, port: number, exited: Promise<void>): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  const exit = exited.then(() => "exited" as const);
  while (Date.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined);
    if (response?.ok) return;
    if ((await Promise.race([exit, wait(50)])) === "exited") break;
  }
  throw new Error(`${name} did not start; see .millrace/logs/${name}.log`);
}
