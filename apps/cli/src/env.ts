import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { type Environment, port, readEnvironment } from "@millrace/core";
import { z } from "zod";

/** The folder of the project. */
export const projectFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder in which `millrace start` keeps its data, logs and secrets. Git ignores it. */
export const stateFolder = join(projectFolder, ".millrace");

/** The file with the secrets that the first `millrace start` generates. */
export const localEnvFile = join(stateFolder, "local.env");

/**
 * Returns the environment of the process, completed by the variables of a running `millrace start`, by `.env` and by the
 * generated secrets. The first of these that sets a variable to a non-empty value takes precedence.
 */
export function loadEnvironment(running: Environment = {}): Environment {
  const layers = [process.env, running, readEnvFile(join(projectFolder, ".env")), readEnvFile(localEnvFile)];
  const names = new Set(layers.flatMap((layer) => Object.keys(layer)));
  return Object.fromEntries([...names].map((name) => [name, layers.find((layer) => layer[name])?.[name]]));
}

/** Reads a file of `NAME=value` lines. Returns no variables if the file does not exist. */
export function readEnvFile(file: string): Environment {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

const ports = z.object({
  INGEST_PORT: port(8080),
  DASHBOARD_PORT: port(8081),
  SANDBOX_PORT: port(8082),
  WORKER_PORT: port(8083),
});

/** Returns the ports of all services. Throws EnvironmentError. */
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

/** Returns the URLs of Postgres and of the queue. Throws EnvironmentError. */
export function readStores(environment: Environment): { databaseUrl: string; queueUrl: string } {
  const { DATABASE_URL, QUEUE_URL } = readEnvironment(stores, environment);
  return { databaseUrl: DATABASE_URL, queueUrl: QUEUE_URL ?? DATABASE_URL };
}
