// Finds processes by a mark in their environment, and ports that are free. Plain JavaScript without dependencies.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";

/** Returns the ids of the processes that have the mark in their environment. */
export function marked(mark) {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && reads(pid, "environ").includes(mark));
}

/** Returns the command line of a process; empty if it has ended. */
export function commandLine(pid) {
  return reads(pid, "cmdline").replaceAll("\0", " ").trim();
}

function reads(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // The process has ended, or belongs to another user.
  }
}

/** Kills a process, if it still runs. */
export function tryKill(pid) {
  try {
    process.kill(Number(pid), "SIGKILL");
  } catch {
    // The process has ended.
  }
}

/** Returns a port on which no process listens. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves with whether no process listens on a port. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
