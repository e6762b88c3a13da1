import {
  type Environment,
  type Integration,
  type OutgoingFormat,
  port,
  readAll,
  readEnvironment,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { type MediaConfig, readMediaConfig } from "@millrace/media";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";
import { type AlertConfig, readAlertConfig } from "./alerts/config.ts";
import type { Workings } from "./worker.ts";

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
  integrations: readonly Workings[];
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  media: MediaConfig;
  alerts: AlertConfig;
};

/** Reads the process's environment once. Throws EnvironmentError with a line per wrong variable. */
export function readWorkerConfig(environment: Environment = process.env): WorkerConfig {
  const { own, queueUrl, media, alerts, workings } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
    media: () => readMediaConfig(environment),
    alerts: () => readAlertConfig(environment),
    workings: () =>
      readAll(
        Object.fromEntries(
          integrations.map((integration) => [integration.id, () => readWorkings(integration, environment)]),
        ),
      ),
  });
  return {
    databaseUrl: own.DATABASE_URL,
    queueUrl,
    port: own.WORKER_PORT,
    queues: own.WORKER_QUEUES?.split(",").map((name) => name.trim()),
    concurrency: own.WORKER_CONCURRENCY,
    logLevel: own.LOG_LEVEL,
    integrations: Object.values(workings),
    formats: integrations.map(({ format }) => format).filter((format) => format !== undefined),
    media,
    alerts,
  };
}

/** What an integration does with the jobs of each of its queues. Throws EnvironmentError. */
function readWorkings(integration: Integration, environment: Environment): Workings {
  return {
    id: integration.id,
    accountOf: integration.accountOf,
    ...readAll({
      handler: () => integration.handler(environment),
      requests: () => integration.requests?.(environment),
      outbound: () => integration.outbound?.(environment),
      media: () => integration.media?.(environment),
      assistant: () => integration.assistant?.(environment),
    }),
  };
}
