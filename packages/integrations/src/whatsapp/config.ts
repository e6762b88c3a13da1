import { baseUrl, type Environment, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";
import { readGraphBaseUrl } from "../shared/meta/graph-base-url.ts";
import { messagesPerSecond } from "../shared/send/config.ts";
import { type GraphTokens, graphTokens } from "../shared/meta/graph-tokens.ts";

const toggle = z.object({ WHATSAPP_WEBHOOK_ENABLED: flag(true) });

const secrets = z.object({ WHATSAPP_APP_SECRET: secretList, WHATSAPP_WEBHOOK_VERIFY_TOKEN: secretList });

/** What the webhook needs: secrets to check with, none to send with. */
export type WebhookConfig = { appSecrets: string[]; verifyTokens: string[] };

/** Whether WhatsApp is switched on. Throws EnvironmentError. */
export function isSwitchedOn(environment: Environment): boolean {
  return readEnvironment(toggle, environment).WHATSAPP_WEBHOOK_ENABLED;
}

/** Reads {@link WebhookConfig}; undefined when switched off. WHATSAPP_APP_SECRET falls back to META_APP_SECRET. */
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
    .regex(/^\d{1,32}$/, "must be the id that Meta gives a phone number, digits alone")
    .optional(),
});

const rate = z.object({ WHATSAPP_MESSAGES_PER_SECOND: messagesPerSecond(80) });

/** What the worker needs to call the Graph API. */
export type ApiConfig = {
  /** Access tokens by phone number id; empty only when switched off. */
  tokens: GraphTokens;
  baseUrl: string;
  /** How many messages a number sends at most. */
  messagesPerSecond: number;
};

/**
 * Reads {@link ApiConfig}. Where WhatsApp is switched off no token is needed: what was taken in before that waits.
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
 * Where WhatsApp's Graph API is: WHATSAPP_BASE_URL, else GRAPH_BASE_URL, which is for all that talk to Meta. Each of
 * them can be at the sandbox while the other has a real token. Throws EnvironmentError.
 */
export function readBaseUrl(environment: Environment): string {
  const shared = readGraphBaseUrl(environment);
  return readEnvironment(z.object({ WHATSAPP_BASE_URL: baseUrl(shared) }), environment).WHATSAPP_BASE_URL;
}

/** Id of the number that sends where none is named. Throws EnvironmentError. */
export function readPhoneNumberId(environment: Environment): string | undefined {
  return readEnvironment(numberVariable, environment).WHATSAPP_PHONE_NUMBER_ID;
}
