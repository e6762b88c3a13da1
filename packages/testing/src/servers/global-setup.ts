import type { TestProject } from "vitest/node";
import { startContainers } from "./containers.ts";
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
    if (servers.redisUrl === undefined) {
      process.on("exit", () => {
        process.stdout.write(
          "\nNo Redis: put redis-server or valkey-server on PATH, and the queue suites run on Redis too.\n",
        );
      });
    }
  };
}
