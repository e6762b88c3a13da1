import { type Environment, EnvironmentError, flag, readEnvironment, readToggle, secretList } from "@millrace/core";
import { z } from "zod";
import { readGraphBaseUrl } from "../shared/meta/graph-base-url.ts";
import { type GraphTokens, graphTokens } from "../shared/meta/graph-tokens.ts";

const webhookVariables = z.object({
  META_APP_SECRET: secretList,
  META_WEBHOOK_VERIFY_TOKEN: secretList,
  META_VERIFY_SIGNATURE: flag(true),
  NODE_ENV: z.string().optional(),
});

/** The configuration of the webhook. It holds no token to fetch leads. */
export type WebhookConfig = {
  appSecrets: string[];
  verifyTokens: string[];
  /** False only in development. */
  verifySignature: boolean;
};

/** Whether Meta Lead Ads is switched on. Throws EnvironmentError. */
export function isSwitchedOn(environment: Environment): boolean {
  return readToggle("meta", environment, true);
}

/**
 * Reads {@link WebhookConfig}; undefined when the webhook is switched off.
 * @throws EnvironmentError when a secret is missing, or when META_VERIFY_SIGNATURE is false in production
 */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const variables = readEnvironment(webhookVariables, environment);
  if (!variables.META_VERIFY_SIGNATURE && variables.NODE_ENV === "production")
    throw new EnvironmentError(["META_VERIFY_SIGNATURE: must not be false when NODE_ENV is production"]);
  return {
    appSecrets: variables.META_APP_SECRET,
    verifyTokens: variables.META_WEBHOOK_VERIFY_TOKEN,
    verifySignature: variables.META_VERIFY_SIGNATURE,
  };
}

const tokens = z.object({ META_PAGE_ACCESS_TOKEN: graphTokens });

/** The configuration with which the worker fetches leads. */
export type HandlerConfig = { pageTokens: GraphTokens; graphBaseUrl: string };

/**
 * Reads {@link HandlerConfig}. No token is required while the webhook is switched off: leads accepted before wait.
 * @throws EnvironmentError
 */
export function readHandlerConfig(environment: Environment): HandlerConfig {
  const given = isSwitchedOn(environment) || environment["META_PAGE_ACCESS_TOKEN"];
  return {
    pageTokens: given ? readEnvironment(tokens, environment).META_PAGE_ACCESS_TOKEN : new Map(),
    graphBaseUrl: readGraphBaseUrl(environment),
  };
}
