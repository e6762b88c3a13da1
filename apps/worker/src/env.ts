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
import type { KeptDays } from "./retention.ts";
import type { Workings } from "./worker.ts";

/** Telegram and Meta repeat what they got no 200 for, WhatsApp for up to 7 days. */
const LEAST_EVENTS_DAYS = 8;

/** A given-up job is in its queue for 14 days. */
const LEAST_DEAD_LETTERS_DAYS = 15;

const variables = z.object({
  DATABASE_URL: z.string(),
  WORKER_PORT: port(8083),
  WORKER_QUEUES: z.string().optional(),
  WORKER_CONCURRENCY: z.coerce.number({ error: "must be a number" }).int().min(1).max(500).default(16),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
  RETENTION_EVENTS_DAYS: days(
    90,
    LEAST_EVENTS_DAYS,
    "what a platform repeats changes nothing because its event is known, and WhatsApp repeats for 7 days",
  ),
  RETENTION_DEAD_LETTERS_DAYS: days(
    90,
    LEAST_DEAD_LETTERS_DAYS,
    "a given-up job is in its queue for 14 days, and would be written down as dead again",
  ),
  RETENTION_REPLAYS_DAYS: days(90),
  RETENTION_OPERATOR_ACTIONS_DAYS: days(365),
  RETENTION_ALERTS_DAYS: days(90),
});

/** Days, 0 standing for ever, with a default. */
function days(fallback: number, least = 1, why = "") {
  const error = `must be 0, for ever, or a number of days from ${least} on${why && `: ${why}`}`;
  return z.coerce
    .number({ error })
    .int(error)
    .refine((value) => value === 0 || value >= least, error)
    .default(fallback)
    .transform((value) => value || undefined);
}

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
  keptDays: KeptDays;
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
    keptDays: {
      replay_items: own.RETENTION_REPLAYS_DAYS,
      replays: own.RETENTION_REPLAYS_DAYS,
      dead_letters: own.RETENTION_DEAD_LETTERS_DAYS,
      webhook_events: own.RETENTION_EVENTS_DAYS,
      operator_actions: own.RETENTION_OPERATOR_ACTIONS_DAYS,
      alerts: own.RETENTION_ALERTS_DAYS,
      operator_sessions: 0,
      rate_limits: 1,
    },
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
      uploads: () => integration.uploads?.(environment),
    }),
  };
}
