import type { Environment, Sample } from "@millrace/core";
import { signMetaRequest } from "../shared/meta-webhook.ts";
import { readWebhookConfig } from "./config.ts";
import { WHATSAPP_PATHS } from "./webhook.ts";

/** Requests like WhatsApp's own; each call gives messages that were not there before. */
export function whatsappSamples(environment: Environment, now: Date): Record<string, Sample> {
  const secret = readWebhookConfig(environment)?.appSecrets[0] ?? "";
  const sign = (payload: unknown) => signMetaRequest(WHATSAPP_PATHS[0], payload, secret);
  const seconds = String(Math.floor(now.getTime() / 1000));
  const message = {
    from: "4915100000001",
    id: `wamid.SAMPLE${now.getTime().toString(36)}`,
    timestamp: seconds,
    type: "text",
    text: { body: "Hello, is the blue one still there?" },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "49301234567", phone_number_id: "100000000000001" },
    contacts: [{ profile: { name: "Ada Sample" }, wa_id: "4915100000001" }],
    messages: [message],
  };
  return {
    text: sign({
      object: "whatsapp_business_account",
      entry: [{ id: "200000000000001", changes: [{ field: "messages", value }] }],
    }),
  };
}
