import { baseUrl, type Environment, readEnvironment, readToggle, secretList } from "@millrace/core";
import { z } from "zod";
import { readGraphBaseUrl } from "../shared/meta/graph-base-url.ts";
import { messagesPerSecond } from "../shared/send/config.ts";
import { type GraphTokens, graphTokens } from "../shared/meta/graph-tokens.ts";

const secrets = z.object({ WHATSAPP_APP_SECRET: secretList, WHATSAPP_WEBHOOK_VERIFY_TOKEN: secretList });

/** The configuration of the webhook. It holds no token to send with. */
export type WebhookConfig = { appSecrets: string[]; verifyTokens: string[] };

/** Whether WhatsApp is switched on. Throws EnvironmentError. */
export function isSwitchedOn(environment: Environment): boolean {
  return readToggle("whatsapp", environment, true);
}

/** Reads {@link WebhookConfig}; undefined when WhatsApp is switched off. WHATSAPP_APP_SECRET falls back to META_APP_SECRET. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const appSecret = environment["WHATSAPP_APP_SECRET"] || environment["META_APP_SECRET"];
  const variables = readEnvironment(secrets, { ...environment, WHATSAPP_APP_SECRET: appSecret });
  return { appSecrets: variables.WHATSAPP_APP_SECRET, verifyTokens: variables.WHATSAPP_WEBHOOK_VERIFY_TOKEN };
}

const tokenVariable = z.object({ WHATSAPP_ACCESS_TOKEN: graphTokens });

const numberVariable = z.object({
  WHATSAPP_PHONE_NUMBER_ID: z
    .string()
    .regex(/^\d{1,32}$/, "must be Meta's id of a phone number, only digits")
    .optional(),
});

const rate = z.object({ WHATSAPP_MESSAGES_PER_SECOND: messagesPerSecond(80) });

/** The configuration of calls to the Graph API. */
export type ApiConfig = {
  /** The access tokens by phone number id. Empty only when WhatsApp is switched off. */
  tokens: GraphTokens;
  baseUrl: string;
  /** The highest send rate of a number. */
  messagesPerSecond: number;
};

/**
 * Reads {@link ApiConfig}. No token is required while WhatsApp is switched off: jobs accepted before wait.
 * @throws EnvironmentError
 */
export function readApiConfig(environment: Environment): ApiConfig {
  const given = isSwitchedOn(environment) || environment["WHATSAPP_ACCESS_TOKEN"];
  return {
    tokens: given ? readEnvironment(tokenVariable, environment).WHATSAPP_ACCESS_TOKEN : new Map(),
    baseUrl: readBaseUrl(environment),
    messagesPerSecond: readEnvironment(rate, environment).WHATSAPP_MESSAGES_PER_SECOND,
  };
}

/**
 * The base URL of WhatsApp's Graph API: WHATSAPP_BASE_URL, or else GRAPH_BASE_URL, which Meta Lead Ads also uses. With
 * two variables one of them can use the sandbox while the other uses Meta. Throws EnvironmentError.
 */
export function readBaseUrl(environment: Environment): string {
  const shared = readGraphBaseUrl(environment);
  return readEnvironment(z.object({ WHATSAPP_BASE_URL: baseUrl(shared) }), environment).WHATSAPP_BASE_URL;
}

/** The id of the phone number that sends by default. Throws EnvironmentError. */
export function readPhoneNumberId(environment: Environment): string | undefined {
  return readEnvironment(numberVariable, environment).WHATSAPP_PHONE_NUMBER_ID;
}
