import { type Environment, port, readAll, readEnvironment, type Webhook } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";

const variables = z.object({
  INGEST_PORT: port(8080),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** What ingest needs to know. */
export type IngestConfig = {
  queueUrl: string;
  port: number;
  logLevel: string;
  /** By integration id; undefined where it is switched off. */
  webhooks: ReadonlyMap<string, Webhook | undefined>;
};

/** Reads the process's environment once. Throws EnvironmentError with a line per wrong variable. */
export function readIngestConfig(environment: Environment = process.env): IngestConfig {
  const { own, queueUrl, webhooks } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
    webhooks: () =>
      readAll(
        Object.fromEntries(integrations.map((integration) => [integration.id, () => integration.webhook(environment)])),
      ),
  });
  return {
    queueUrl,
    port: own.INGEST_PORT,
    logLevel: own.LOG_LEVEL,
    webhooks: new Map(Object.entries(webhooks)),
  };
}
