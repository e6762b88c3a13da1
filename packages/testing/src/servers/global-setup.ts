import type { TestProject } from "vitest/node";
import { startContainers } from "./containers.ts";
import { findChromium } from "./find-program.ts";
import { startLocalServers } from "./local.ts";

/** Real servers for the tests: their URLs, and how to end them. `redisUrl` is undefined where no Redis can be had. */
export type Servers = { postgresUrl: string; redisUrl: string | undefined; stop(): Promise<void> };

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string | undefined;
  }
}

/** Starts the servers once for all test files: containers where a Docker engine answers, else servers of our own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = (await startContainers()) ?? (await startLocalServers());
  project.provide("postgresUrl", servers.postgresUrl);
  project.provide("redisUrl", servers.redisUrl);
  return async () => {
    await servers.stop();
    const missing = [
      ...(servers.redisUrl === undefined
        ? ["No Redis: put redis-server or valkey-server on PATH, and the queue suites run on Redis too."]
        : []),
      ...(findChromium() === undefined
        ? ["No Chromium: put chromium on PATH, and the dashboard is tried in it too."]
        : []),
    ];
    process.on("exit", () => {
      for (const line of missing) process.stdout.write(`\n${line}\n`);
    });
  };
}
