import { baseUrl, type Environment, readEnvironment, readToggle, secretList } from "@millrace/core";
import { z } from "zod";

const webhookVariables = z.object({ ELEVENLABS_WEBHOOK_SECRET: secretList });

const apiVariables = z.object({
  // Other characters are not valid in a header.
  ELEVENLABS_API_KEY: z
    .string()
    .regex(/^[\w-]+$/, "must be an API key of ElevenLabs")
    .optional(),
  ELEVENLABS_BASE_URL: baseUrl("https://api.elevenlabs.io"),
});

/** The configuration of the webhook. It holds no API key. */
export type WebhookConfig = { secrets: readonly string[] };

/**
 * Reads {@link WebhookConfig}; undefined while ElevenLabs is switched off, which is the default.
 * @throws EnvironmentError when the secret is missing
 */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!readToggle("elevenlabs", environment, false)) return undefined;
  return { secrets: readEnvironment(webhookVariables, environment).ELEVENLABS_WEBHOOK_SECRET };
}

/**
 * Returns the secret that signs samples; empty without one. It ignores the switch, because `millrace send` runs without the
 * variables that `npm start` sets for ingest.
 */
export function readSampleSecret(environment: Environment): string {
  return webhookVariables.safeParse(environment).data?.ELEVENLABS_WEBHOOK_SECRET[0] ?? "";
}

/** The configuration with which the worker fetches recordings. */
export type ApiConfig = { apiKey: string; baseUrl: string };

/** Reads {@link ApiConfig}; undefined without an API key. Throws EnvironmentError. */
export function readApiConfig(environment: Environment): ApiConfig | undefined {
  const { ELEVENLABS_API_KEY, ELEVENLABS_BASE_URL } = readEnvironment(apiVariables, environment);
  return ELEVENLABS_API_KEY === undefined ? undefined : { apiKey: ELEVENLABS_API_KEY, baseUrl: ELEVENLABS_BASE_URL };
}
