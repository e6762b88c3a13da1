import { type Environment, EnvironmentError, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";
import { readGraphBaseUrl } from "../shared/config.ts";
import { type GraphTokens, graphTokens } from "../shared/meta/graph.ts";

const toggle = z.object({ META_WEBHOOK_ENABLED: flag(true) });

const webhookVariables = z.object({
  META_APP_SECRET: secretList,
  META_WEBHOOK_VERIFY_TOKEN: secretList,
  META_VERIFY_SIGNATURE: flag(true),
  NODE_ENV: z.string().optional(),
});

/** What the webhook needs: secrets to check with, none to fetch leads with. */
export type WebhookConfig = {
  appSecrets: string[];
  verifyTokens: string[];
  /** False only on an engineer's machine. */
  verifySignature: boolean;
};

/**
 * Reads {@link WebhookConfig}; undefined when switched off.
 * @throws EnvironmentError when a secret is missing, or when production is told not to check signatures
 */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!readEnvironment(toggle, environment).META_WEBHOOK_ENABLED) return undefined;
  const variables = readEnvironment(webhookVariables, environment);
  if (!variables.META_VERIFY_SIGNATURE && variables.NODE_ENV === "production")
    throw new EnvironmentError(["META_VERIFY_SIGNATURE: must not be false where NODE_ENV is production"]);
  return {
    appSecrets: variables.META_APP_SECRET,
    verifyTokens: variables.META_WEBHOOK_VERIFY_TOKEN,
    verifySignature: variables.META_VERIFY_SIGNATURE,
  };
}

const tokens = z.object({ META_PAGE_ACCESS_TOKEN: graphTokens });

/** What the worker needs to fetch leads. */
export type HandlerConfig = { pageTokens: GraphTokens; graphBaseUrl: string };

/**
 * Reads {@link HandlerConfig}. Where the webhook is switched off no token is needed: leads taken in before that wait.
 * @throws EnvironmentError
 */
export function readHandlerConfig(environment: Environment): HandlerConfig {
  const needed = readEnvironment(toggle, environment).META_WEBHOOK_ENABLED;
  const given = needed || environment["META_PAGE_ACCESS_TOKEN"];
  return {
    pageTokens: given ? readEnvironment(tokens, environment).META_PAGE_ACCESS_TOKEN : new Map(),
    graphBaseUrl: readGraphBaseUrl(environment),
  };
}
