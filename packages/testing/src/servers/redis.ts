import { temporaryFolder } from "./temporary-folder.ts";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { findRedisServer } from "./find-program.ts";

/** A Redis of the tests' own. */
export type TestRedis = {
  url: string;
  pid: number;
  /** Ends it as a crash or a restart would: what was acknowledged is on disk if it is `durable`. */
  stop(): Promise<void>;
};

/**
 * `durable` keeps an AOF in `folder`, from where another start goes on; `always` has each command on disk before its
 * answer.
 */
export type RedisOptions = {
  port: number;
  durable?: { folder: string; sync: "always" | "everysec" };
  maxMemory?: string;
  /** Further arguments; they count before the others. */
  args?: readonly string[];
};

/** Starts a Redis on 127.0.0.1 and waits until it answers. */
export async function startRedis({ port, durable, maxMemory, args = [] }: RedisOptions): Promise<TestRedis> {
  const program = findRedisServer();
  if (program === undefined) throw new Error("no redis-server or valkey-server on PATH");
  const folder = durable?.folder ?? temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const persistence = durable ? ["--appendonly", "yes", "--appendfsync", durable.sync] : ["--save", ""];
  const memory = maxMemory === undefined ? [] : ["--maxmemory", maxMemory];
  const place = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--databases", "1000"];
  const child = spawn(program, [...place, "--maxmemory-policy", "noeviction", ...persistence, ...memory, ...args], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`redis-server ended: ${said.slice(-500)}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("Ready to accept connections") || said.includes("ready to accept connections")) resolve();
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
