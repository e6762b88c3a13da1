import type { Webhook } from "@millrace/core";
import { META_MAX_BODY_BYTES, metaChallenge, verifyMetaSignature } from "../../shared/meta/webhook.ts";
import type { WebhookConfig } from "../config.ts";
import { parseWhatsappWebhook } from "./parse.ts";

/** The paths of the webhook, the canonical path first. */
export const WHATSAPP_PATHS = ["/api/integrations/whatsapp/webhook", "/api/webhooks/whatsapp"] as const;

/** The webhook of WhatsApp. */
export function whatsappWebhook(config: WebhookConfig): Webhook {
  return {
    paths: WHATSAPP_PATHS,
    maxBodyBytes: META_MAX_BODY_BYTES,
    secrets: config.appSecrets,
    challenge: metaChallenge(config.verifyTokens),
    authenticate: (request, { secrets }) => verifyMetaSignature(request, secrets),
    parse: parseWhatsappWebhook,
  };
}
