import { type Integration, readAll } from "@millrace/core";
import { readSendTakesOver } from "../shared/send/config.ts";
import { META_SECRET_PATTERNS } from "../shared/meta/secret-patterns.ts";
import { idOf, isObject } from "../shared/json-value.ts";
import { sendRequestHandler } from "../shared/send/request-handler.ts";
import { whatsappChecks } from "./checks.ts";
import { isSwitchedOn, readApiConfig, readBaseUrl, readPhoneNumberId, readWebhookConfig } from "./config.ts";
import { whatsappHandler } from "./inbound/handler.ts";
import { whatsappMedia } from "./media/source.ts";
import { whatsappPersonalData } from "./personal-data.ts";
import { SAMPLE_PHONE_NUMBER_ID, whatsappSamples } from "./samples.ts";
import { chatThread, whatsappAddress } from "./send/address.ts";
import { whatsappFormat } from "./send/format.ts";
import { whatsappOutbound } from "./send/outbound.ts";
import { whatsappSendRoute } from "./send/route.ts";
import { whatsappWebhook } from "./webhook/webhook.ts";

/** WhatsApp through the Cloud API. */
export const whatsapp: Integration = {
  id: "whatsapp",
  title: "WhatsApp",
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? [whatsappWebhook(config)] : [];
  },
  handler: (environment) => whatsappHandler(readSendTakesOver(environment)),
  api: (environment) => (isSwitchedOn(environment) ? [whatsappSendRoute] : []),
  capabilities: {
    send: {
      format: whatsappFormat,
      read(environment) {
        const { config, phoneNumberId, takesOver } = readAll({
          config: () => readApiConfig(environment),
          phoneNumberId: () => readPhoneNumberId(environment),
          takesOver: () => readSendTakesOver(environment),
        });
        const requests = sendRequestHandler(
          {
            format: whatsappFormat,
            to: whatsappAddress,
            threadOf: (to, from) => chatThread(to, from, phoneNumberId),
          },
          takesOver,
        );
        return { requests, outbound: whatsappOutbound(config) };
      },
    },
    media: { read: (environment) => whatsappMedia(readApiConfig(environment)) },
  },
  checks: whatsappChecks,
  accountOf: ({ payload }) => {
    const fields = isObject(payload) ? payload : {};
    const { metadata } = isObject(fields["value"]) ? fields["value"] : fields;
    return isObject(metadata) ? idOf(metadata["phone_number_id"]) : undefined;
  },
  personalData: whatsappPersonalData,
  secretPatterns: META_SECRET_PATTERNS,
  samples: whatsappSamples,
  local: {
    secrets: ["WHATSAPP_APP_SECRET", "WHATSAPP_WEBHOOK_VERIFY_TOKEN"],
    endpoints: (environment, sandboxUrl) =>
      environment["WHATSAPP_ACCESS_TOKEN"]
        ? // The URL is repeated, because Meta Lead Ads may set GRAPH_BASE_URL to the sandbox.
          { WHATSAPP_BASE_URL: readBaseUrl(environment) }
        : {
            WHATSAPP_ACCESS_TOKEN: "sandbox",
            WHATSAPP_BASE_URL: `${sandboxUrl}/graph/v26.0`,
            WHATSAPP_PHONE_NUMBER_ID: environment["WHATSAPP_PHONE_NUMBER_ID"] || SAMPLE_PHONE_NUMBER_ID,
          },
    accounts: ["*"],
  },
};
