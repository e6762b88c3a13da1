import type { Integration } from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import { elevenLabsChecks } from "./checks.ts";
import { readApiConfig, readWebhookConfig } from "./config.ts";
import { elevenLabsHandler } from "./handler.ts";
import { ELEVENLABS_SECRET_PATTERNS, elevenLabsPersonalData } from "./personal-data.ts";
import { elevenLabsRecordings } from "./recording.ts";
import { elevenLabsSamples } from "./samples.ts";
import { elevenLabsWebhook } from "./webhook.ts";

/** ElevenLabs: the finished calls of voice agents. */
export const elevenlabs: Integration = {
  id: "elevenlabs",
  title: "ElevenLabs",
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? [elevenLabsWebhook(config)] : [];
  },
  handler: () => elevenLabsHandler,
  capabilities: {
    media: {
      read(environment) {
        const config = readApiConfig(environment);
        return config && elevenLabsRecordings(config);
      },
    },
  },
  checks: elevenLabsChecks,
  accountOf: ({ payload }) => {
    const data = isObject(payload) ? payload["data"] : undefined;
    return isObject(data) ? idOf(data["agent_id"]) : undefined;
  },
  personalData: elevenLabsPersonalData,
  secretPatterns: ELEVENLABS_SECRET_PATTERNS,
  samples: elevenLabsSamples,
  local: {
    secrets: ["ELEVENLABS_WEBHOOK_SECRET"],
    endpoints: (environment, sandboxUrl) =>
      environment["ELEVENLABS_API_KEY"]
        ? {}
        : {
            ELEVENLABS_WEBHOOK_ENABLED: environment["ELEVENLABS_WEBHOOK_ENABLED"] || "true",
            ELEVENLABS_API_KEY: "sandbox",
            ELEVENLABS_BASE_URL: `${sandboxUrl}/elevenlabs`,
          },
    accounts: ["*"],
  },
};
