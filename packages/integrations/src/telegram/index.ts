import { type Integration, readAll } from "@millrace/core";
import { readSendTakesOver } from "../shared/send/config.ts";
import { idOf, isObject } from "../shared/json-value.ts";
import { sendRequestHandler } from "../shared/send/request-handler.ts";
import { telegramChecks } from "./checks.ts";
import { isSwitchedOn, readApiConfig, readWebhookConfig } from "./config.ts";
import { telegramHandler } from "./inbound/handler.ts";
import { telegramMedia } from "./media/source.ts";
import { TELEGRAM_SECRET_PATTERNS, telegramPersonalData } from "./personal-data.ts";
import { telegramSamples } from "./samples.ts";
import { chatThread, telegramAddress } from "./send/address.ts";
import { telegramFormat } from "./send/format.ts";
import { telegramOutbound } from "./send/outbound.ts";
import { telegramSendRoute } from "./send/route.ts";
import { telegramWebhook } from "./inbound/webhook.ts";

/** Telegram: messages and callback queries of bots through the Bot API. */
export const telegram: Integration = {
  id: "telegram",
  title: "Telegram",
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? [telegramWebhook(config)] : [];
  },
  handler: (environment) => telegramHandler(readSendTakesOver(environment)),
  api: (environment) => (isSwitchedOn(environment) ? [telegramSendRoute] : []),
  capabilities: {
    send: {
      format: telegramFormat,
      read(environment) {
        const { config, takesOver } = readAll({
          config: () => readApiConfig(environment),
          takesOver: () => readSendTakesOver(environment),
        });
        const requests = sendRequestHandler(
          {
            format: telegramFormat,
            to: telegramAddress,
            threadOf: (to, from) => chatThread(to, from, config),
          },
          takesOver,
        );
        return { requests, outbound: telegramOutbound(config) };
      },
    },
    media: { read: (environment) => telegramMedia(readApiConfig(environment)) },
  },
  checks: telegramChecks,
  accountOf: ({ payload }) => (isObject(payload) ? idOf(payload["bot"]) : undefined),
  personalData: telegramPersonalData,
  secretPatterns: TELEGRAM_SECRET_PATTERNS,
  samples: telegramSamples,
  local: {
    secrets: ["TELEGRAM_WEBHOOK_SECRET"],
    endpoints: ({ TELEGRAM_BOT_TOKEN: token }, sandboxUrl) =>
      token ? {} : { TELEGRAM_BOT_TOKEN: "sandbox", TELEGRAM_BASE_URL: `${sandboxUrl}/telegram` },
    accounts: ["*"],
  },
};
