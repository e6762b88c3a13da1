import { type Environment, type EventHandler, port, readAll, readEnvironment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";

const variables = z.object({
  DATABASE_URL: z.string(),
  WORKER_PORT: port(8083),
  WORKER_QUEUES: z.string().optional(),
  WORKER_CONCURRENCY: z.coerce.number({ error: "must be a number" }).int().min(1).max(500).default(16),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** What the worker needs to know. */
export type WorkerConfig = {
  databaseUrl: string;
  queueUrl: string;
  port: number;
  /** Names of the queues to consume; undefined for all. */
  queues: readonly string[] | undefined;
  /** Jobs of one queue at a time. */
  concurrency: number;
  logLevel: string;
  /** By integration id. */
  handlers: ReadonlyMap<string, EventHandler>;
};

/** Reads the process's environment once. Throws EnvironmentError with a line per wrong variable. */
export function readWorkerConfig(environment: Environment = process.env): WorkerConfig {
  const { own, queueUrl, handlers } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
    handlers: () =>
      readAll(
        Object.fromEntries(integrations.map((integration) => [integration.id, () => integration.handler(environment)])),
      ),
  });
  return {
    databaseUrl: own.DATABASE_URL,
    queueUrl,
    port: own.WORKER_PORT,
    queues: own.WORKER_QUEUES?.split(",").map((name) => name.trim()),
    concurrency: own.WORKER_CONCURRENCY,
    logLevel: own.LOG_LEVEL,
    handlers: new Map(Object.entries(handlers)),
  };
}
