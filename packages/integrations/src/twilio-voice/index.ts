import type { Integration } from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import { readApiConfig, readWebhookConfig } from "./config.ts";
import { twilioHandler } from "./handler.ts";
import { twilioMedia } from "./media.ts";
import { CHANNEL, ourNumberOf } from "./parties.ts";
import { TWILIO_SECRET_PATTERNS, twilioPersonalData } from "./personal-data.ts";
import { SAMPLE_ACCOUNT, twilioSamples } from "./samples.ts";
import { twilioWebhooks } from "./webhook.ts";

/** Twilio Voice: finished calls with their recordings and transcriptions, and the TwiML for calls that come in. */
export const twilioVoice: Integration = {
  id: CHANNEL,
  title: "Twilio Voice",
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? twilioWebhooks(config) : [];
  },
  handler: () => twilioHandler,
  capabilities: {
    media: {
      read(environment) {
        const config = readApiConfig(environment);
        return config && twilioMedia(config);
      },
    },
  },
  accountOf: ({ payload }) => (isObject(payload) ? accountOf(payload) : undefined),
  personalData: twilioPersonalData,
  secretPatterns: TWILIO_SECRET_PATTERNS,
  samples: twilioSamples,
  local: {
    secrets: ["TWILIO_AUTH_TOKEN"],
    endpoints: (environment, sandboxUrl) =>
      environment["TWILIO_ACCOUNT_SID"]
        ? {}
        : {
            TWILIO_VOICE_WEBHOOK_ENABLED: environment["TWILIO_VOICE_WEBHOOK_ENABLED"] || "true",
            TWILIO_ACCOUNT_SID: SAMPLE_ACCOUNT,
            TWILIO_BASE_URL: `${sandboxUrl}/twilio-voice`,
          },
    accounts: ["*"],
  },
};

/** Our number; for a recording, the account at Twilio, because its callback names no number. */
function accountOf({ Direction, From, To, AccountSid }: Record<string, unknown>): string | undefined {
  return ourNumberOf({ Direction: idOf(Direction) ?? "", From: idOf(From), To: idOf(To) }) ?? idOf(AccountSid);
}
