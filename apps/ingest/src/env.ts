import {
  type ApiRoute,
  type Environment,
  formatsOf,
  port,
  readAll,
  readEnvironment,
  readPublicUrl,
  secretList,
  type Webhook,
} from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readQueueUrl } from "@millrace/queue";
import { z } from "zod";

/** Shorter keys can be guessed. */
const MIN_KEY_LENGTH = 16;

const variables = z.object({
  INGEST_PORT: port(8080),
  API_KEYS: secretList
    .refine((keys) => keys.every((key) => key.length >= MIN_KEY_LENGTH), {
      error: `each key must have at least ${MIN_KEY_LENGTH} characters`,
    })
    .refine((keys) => keys.every((key) => /^[\x21-\x7e]+$/.test(key)), {
      error: "each key must consist of visible ASCII characters",
    })
    .refine((keys) => new Set(keys).size === keys.length, { error: "must not contain a key twice" })
    .default([]),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** The configuration of ingest. */
export type IngestConfig = {
  queueUrl: string;
  port: number;
  /** The keys that callers of the API authenticate with. Without keys, routes that require one refuse every request. */
  apiKeys: readonly string[];
  logLevel: string;
  /** The base URL under which platforms reach ingest; undefined when it is not configured. */
  publicUrl: string | undefined;
  /** By integration id; empty where the integration is switched off or receives no webhooks. */
  webhooks: ReadonlyMap<string, readonly Webhook[]>;
  /** By integration id; empty where the integration is switched off or has no API. */
  apis: ReadonlyMap<string, readonly ApiRoute[]>;
};

/** Reads the process's environment once. Throws EnvironmentError with a line per invalid variable. */
export function readIngestConfig(environment: Environment = process.env): IngestConfig {
  const formats = formatsOf(integrations);
  const { own, queueUrl, publicUrl, webhooks, apis } = readAll({
    own: () => readEnvironment(variables, environment),
    queueUrl: () => readQueueUrl(environment),
    publicUrl: () => readPublicUrl(environment),
    webhooks: () =>
      readAll(
        Object.fromEntries(
          integrations.map((integration) => [integration.id, () => integration.webhooks(environment)]),
        ),
      ),
    apis: () =>
      readAll(
        Object.fromEntries(
          integrations.map((integration) => [integration.id, () => integration.api?.(environment, formats) ?? []]),
        ),
      ),
  });
  return {
    queueUrl,
    publicUrl,
    port: own.INGEST_PORT,
    apiKeys: own.API_KEYS,
    logLevel: own.LOG_LEVEL,
    webhooks: new Map(Object.entries(webhooks)),
    apis: new Map(Object.entries(apis)),
  };
}
