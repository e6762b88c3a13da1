import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "@millrace/core";
import { readEnvFile, stateFolder } from "../env.ts";

/** Where a running `millrace start` says where its stores and ports are, for the other commands. */
const runningFile = join(stateFolder, "running.env");

/** The `millrace start` that runs in this folder; undefined when none does, also when one was killed. */
export function runningInstance(): { pid: number; variables: Environment } | undefined {
  const { MILLRACE_PID, ...variables } = readEnvFile(runningFile);
  const pid = Number(MILLRACE_PID);
  return pid > 0 && isAlive(pid) ? { pid, variables } : undefined;
}

/** Tells the other commands of this process's stores and ports. */
export function announce(variables: Environment, ports: Readonly<Record<string, number>>): void {
  const stores = ["DATABASE_URL", "QUEUE_URL"]
    .filter((name) => variables[name])
    .map((name) => `${name}=${variables[name]}`);
  const listening = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}_PORT=${port}`);
  writeFileSync(runningFile, [`MILLRACE_PID=${process.pid}`, ...stores, ...listening, ""].join("\n"), { mode: 0o600 });
}

/** Takes {@link announce} back. */
export function withdraw(): void {
  rmSync(runningFile, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
