import {
  type AlertConfig,
  type Environment,
  formatsOf,
  type Integration,
  type OutgoingFormat,
  port,
  readAlertConfig,
  readAll,
  readCapabilities,
  readEnvironment,
  readRetentionDays,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { type MediaConfig, readMediaConfig } from "@millrace/media";
import { readQueueUrl, readWorkerShare, type WorkerShare } from "@millrace/queue";
import { z } from "zod";
import type { RetentionDays } from "./loops/retention.ts";
import type { EnabledIntegration } from "./worker-deps.ts";

const variables = z.object({
  DATABASE_URL: z.string(),
  WORKER_PORT: port(8083),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** The worker's configuration. */
export type WorkerConfig = WorkerShare & {
  databaseUrl: string;
  queueUrl: string;
  port: number;
  logLevel: string;
  integrations: readonly EnabledIntegration[];
  /** What each channel can send. */
  formats: readonly OutgoingFormat[];
  media: MediaConfig;
  alerts: AlertConfig;
  retentionDays: RetentionDays;
};

/**
 * Reads the worker's configuration from the environment.
 * @throws EnvironmentError with one line per invalid variable
 */
export function readWorkerConfig(environment: Environment = process.env): WorkerConfig {
  const { own, queueUrl, share, media, alerts, days, enabled } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
    share: () => readWorkerShare(environment),
    media: () => readMediaConfig(environment),
    alerts: () => readAlertConfig(environment),
    days: () => readRetentionDays(environment),
    enabled: () =>
      readAll(
        Object.fromEntries(
          integrations.map((integration) => [integration.id, () => readEnabledIntegration(integration, environment)]),
        ),
      ),
  });
  return {
    databaseUrl: own.DATABASE_URL,
    queueUrl,
    port: own.WORKER_PORT,
    ...share,
    logLevel: own.LOG_LEVEL,
    integrations: Object.values(enabled),
    formats: formatsOf(integrations),
    media,
    alerts,
    retentionDays: {
      replay_items: days.replays,
      replays: days.replays,
      dead_letters: days.deadLetters,
      webhook_events: days.events,
      domain_events: days.events,
      audit_log: days.auditLog,
      alerts: days.alerts,
      operator_sessions: 0,
      rate_limits: 1,
    },
  };
}

/** Reads what the worker needs of an integration. Throws EnvironmentError. */
export function readEnabledIntegration(integration: Integration, environment: Environment): EnabledIntegration {
  return {
    id: integration.id,
    accountOf: integration.accountOf,
    ...readAll({
      handler: () => integration.handler(environment),
      subscriptions: () => integration.subscribes?.(environment),
      capabilities: () => readCapabilities(integration.capabilities, environment),
    }),
  };
}
