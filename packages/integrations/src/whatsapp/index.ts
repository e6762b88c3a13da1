import type { Integration } from "@millrace/core";
import { readWebhookConfig } from "./config.ts";
import { whatsappHandler } from "./handler.ts";
import { whatsappSamples } from "./samples.ts";
import { whatsappWebhook } from "./webhook.ts";

/** WhatsApp Cloud API. */
export const whatsapp: Integration = {
  id: "whatsapp",
  title: "WhatsApp",
  webhook: (environment) => {
    const config = readWebhookConfig(environment);
    return config && whatsappWebhook(config);
  },
  handler: () => whatsappHandler,
  samples: whatsappSamples,
  local: {
    secrets: ["WHATSAPP_APP_SECRET", "WHATSAPP_WEBHOOK_VERIFY_TOKEN"],
    endpoints: ({ WHATSAPP_ACCESS_TOKEN: token }) => (token ? {} : { WHATSAPP_ACCESS_TOKEN: "sandbox" }),
    accounts: ["*"],
  },
};
