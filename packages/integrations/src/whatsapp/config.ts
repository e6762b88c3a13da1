import { type Environment, flag, readEnvironment, secretList } from "@millrace/core";
import { z } from "zod";

const toggle = z.object({ WHATSAPP_WEBHOOK_ENABLED: flag(true) });

const secrets = z.object({ WHATSAPP_APP_SECRET: secretList, WHATSAPP_WEBHOOK_VERIFY_TOKEN: secretList });

/** What the webhook needs: secrets to check with, none to send with. */
export type WebhookConfig = { appSecrets: string[]; verifyTokens: string[] };

/** Reads {@link WebhookConfig}; undefined when switched off. WHATSAPP_APP_SECRET falls back to META_APP_SECRET. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!readEnvironment(toggle, environment).WHATSAPP_WEBHOOK_ENABLED) return undefined;
  const appSecret = environment["WHATSAPP_APP_SECRET"] || environment["META_APP_SECRET"];
  const variables = readEnvironment(secrets, { ...environment, WHATSAPP_APP_SECRET: appSecret });
  return { appSecrets: variables.WHATSAPP_APP_SECRET, verifyTokens: variables.WHATSAPP_WEBHOOK_VERIFY_TOKEN };
}
