import { temporaryFolder } from "./temporary-folder.ts";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { findRedisServer } from "./find-program.ts";

/** A Redis that a test started. */
export type TestRedis = {
  url: string;
  pid: number;
  /** Sends SIGTERM and waits for the exit. The data remains in the folder of a `durable` server and is deleted otherwise. */
  stop(): Promise<void>;
};

/**
 * `durable` writes an AOF to `folder`, which the next start reads; with `always`, each command is on disk before Redis
 * replies to it.
 */
export type RedisOptions = {
  port: number;
  durable?: { folder: string; sync: "always" | "everysec" };
  maxMemory?: string;
  /** Further arguments of redis-server, which override the others. */
  args?: readonly string[];
};

/** Starts a Redis on 127.0.0.1 and waits until it accepts connections. */
export async function startRedis({ port, durable, maxMemory, args = [] }: RedisOptions): Promise<TestRedis> {
  const program = findRedisServer();
  if (program === undefined) throw new Error("no redis-server or valkey-server on PATH");
  const folder = durable?.folder ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const persistence = durable ? ["--appendonly", "yes", "--appendfsync", durable.sync] : ["--save", ""];
  const memory = maxMemory === undefined ? [] : ["--maxmemory", maxMemory];
  const server = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--databases", "1000"];
  const child = spawn(program, [...server, "--maxmemory-policy", "noeviction", ...persistence, ...memory, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let output = "";
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`redis-server exited: ${output.slice(-500)}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("Ready to accept connections") || output.includes("ready to accept connections")) resolve();
    });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      if (!durable) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Sends a command to a Redis on 127.0.0.1 and resolves with its raw reply. `command` is words without quotes, such as
 * `REPLICAOF NO ONE`. Rejects when Redis does not reply within a second.
 */
export async function redisCommand(port: number, command: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    return await new Promise<string>((resolve, reject) => {
      socket.setTimeout(1_000, () => reject(new Error(`Redis does not reply to ${command}`)));
      socket.once("data", (data: Buffer) => resolve(data.toString())).once("error", reject);
      socket.write(`${command}\r\n`);
    });
  } finally {
    socket.destroy();
  }
}
