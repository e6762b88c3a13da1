import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "@millrace/core";
import { readEnvFile, stateFolder } from "../env.ts";

/** The file in which a running `millrace start` records its process id, stores and ports for the other commands. */
const runningFile = join(stateFolder, "running.env");

/** Returns the `millrace start` that runs in this folder. Undefined if none runs, also after a crash. */
export function runningInstance(): { pid: number; variables: Environment } | undefined {
  const { MILLRACE_PID, ...variables } = readEnvFile(runningFile);
  const pid = Number(MILLRACE_PID);
  return pid > 0 && isAlive(pid) ? { pid, variables } : undefined;
}

/** Records the stores and ports of this process for the other commands. */
export function writeRunningFile(variables: Environment, ports: Readonly<Record<string, number>>): void {
  const stores = ["DATABASE_URL", "QUEUE_URL"]
    .filter((name) => variables[name])
    .map((name) => `${name}=${variables[name]}`);
  const listening = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}_PORT=${port}`);
  writeFileSync(runningFile, [`MILLRACE_PID=${process.pid}`, ...stores, ...listening, ""].join("\n"), { mode: 0o600 });
}

/** Deletes the file of {@link writeRunningFile}. */
export function deleteRunningFile(): void {
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
