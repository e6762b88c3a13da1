import type { Integration } from "@millrace/core";
import { readWebhookConfig } from "./config.ts";
import { telegramHandler } from "./handler.ts";
import { telegramSamples } from "./samples.ts";
import { telegramWebhook } from "./webhook.ts";

/** Telegram Bot API. */
export const telegram: Integration = {
  id: "telegram",
  title: "Telegram",
  webhook: (environment) => {
    const config = readWebhookConfig(environment);
    return config && telegramWebhook(config);
  },
  handler: () => telegramHandler,
  samples: telegramSamples,
  local: {
    secrets: ["TELEGRAM_WEBHOOK_SECRET"],
    endpoints: ({ TELEGRAM_BOT_TOKEN: token }) => (token ? {} : { TELEGRAM_BOT_TOKEN: "sandbox" }),
    accounts: ["*"],
  },
};
