import { type Environment, port, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";

const variables = z.object({
  SANDBOX_PORT: port(8082),
  SANDBOX_PROCESSING_MS: z.coerce.number({ error: "must be a number of ms" }).int().min(0).default(5000),
  INGEST_PORT: port(8080),
  WHATSAPP_APP_SECRET: secretList.optional(),
  META_APP_SECRET: secretList.optional(),
  N8N_WEBHOOK_SECRET: secretList.optional(),
});

/**
 * Reads the sandbox's port, the URL of Millrace's ingest, the secrets that sign the sandbox's webhooks, and Google's
 * processing time in ms. Throws EnvironmentError.
 */
export function readSandboxEnvironment(environment: Environment = process.env) {
  const values = readEnvironment(variables, environment);
  return {
    port: values.SANDBOX_PORT,
    processingMs: values.SANDBOX_PROCESSING_MS,
    ingestUrl: `http://127.0.0.1:${values.INGEST_PORT}`,
    whatsappAppSecret: (values.WHATSAPP_APP_SECRET ?? values.META_APP_SECRET)?.[0],
    n8nSecret: values.N8N_WEBHOOK_SECRET?.[0],
  };
}
