import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { type Environment, port, readEnvironment } from "@millrace/core";
import { z } from "zod";

/** The project's folder. */
export const projectFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** What `millrace start` keeps between runs; git ignores it. */
export const stateFolder = join(projectFolder, ".millrace");

/** Variables made up by the first `millrace start`. */
export const localEnvFile = join(stateFolder, "local.env");

/** The environment with `.env` and the variables made up by the first start behind it; what is set and not empty wins. */
export function loadEnvironment(running: Environment = {}): Environment {
  const sources = [process.env, running, readEnvFile(join(projectFolder, ".env")), readEnvFile(localEnvFile)];
  const names = new Set(sources.flatMap((integration) => Object.keys(integration)));
  return Object.fromEntries([...names].map((name) => [name, sources.find((integration) => integration[name])?.[name]]));
}

/** The variables in a file of `NAME=value` lines; none where there is no such file. */
export function readEnvFile(file: string): Environment {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

const ports = z.object({
  INGEST_PORT: port(8080),
  DASHBOARD_PORT: port(8081),
  SANDBOX_PORT: port(8082),
  WORKER_PORT: port(8083),
});

/** The ports of all services. Throws EnvironmentError. */
export function readPorts(environment: Environment): {
  ingest: number;
  dashboard: number;
  sandbox: number;
  worker: number;
} {
  const { INGEST_PORT, DASHBOARD_PORT, SANDBOX_PORT, WORKER_PORT } = readEnvironment(ports, environment);
  return { ingest: INGEST_PORT, dashboard: DASHBOARD_PORT, sandbox: SANDBOX_PORT, worker: WORKER_PORT };
}

const stores = z.object({ DATABASE_URL: z.string(), QUEUE_URL: z.string().optional() });

/** Where Postgres and the queue are. Throws EnvironmentError. */
export function readStores(environment: Environment): { databaseUrl: string; queueUrl: string } {
  const { DATABASE_URL, QUEUE_URL } = readEnvironment(stores, environment);
  return { databaseUrl: DATABASE_URL, queueUrl: QUEUE_URL ?? DATABASE_URL };
}
