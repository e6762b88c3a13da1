import type { TestProject } from "vitest/node";
import { startContainers } from "./containers.ts";
import { findChromium } from "./find-program.ts";
import { startLocalServers } from "./local.ts";
import { createTemplateDatabase } from "./template-database.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
    /** The database that test databases are copied from. */
    templateDatabase: string;
    redisUrl: string | undefined;
  }
}

/** Starts the servers once for all test files: in containers where a Docker engine responds, else as local processes. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = (await startContainers()) ?? (await startLocalServers());
  const templateDatabase = await createTemplateDatabase(servers.postgresUrl).catch(async (error: unknown) => {
    await servers.stop();
    throw error;
  });
  project.provide("postgresUrl", servers.postgresUrl);
  project.provide("templateDatabase", templateDatabase);
  project.provide("redisUrl", servers.redisUrl);
  return async () => {
    await servers.stop();
    const missing = [
      ...(servers.redisUrl === undefined
        ? [
            "No Redis: the queue suites ran on Postgres only. Put redis-server or valkey-server on PATH to run them on both.",
          ]
        : []),
      ...(findChromium() === undefined
        ? ["No Chromium: the browser tests of the dashboard were skipped. Put chromium on PATH to run them."]
        : []),
    ];
    process.on("exit", () => {
      for (const line of missing) process.stdout.write(`\n${line}\n`);
    });
  };
}
