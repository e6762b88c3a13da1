import type { Integration } from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import { blandChecks } from "./checks.ts";
import { readApiConfig, readWebhookConfig } from "./config.ts";
import { blandHandler } from "./handler.ts";
import { BLAND_SECRET_PATTERNS, blandPersonalData } from "./personal-data.ts";
import { blandRecordings } from "./recording.ts";
import { blandSamples } from "./samples.ts";
import { blandWebhook } from "./webhook.ts";

/** Bland: the finished calls of voice agents. */
export const bland: Integration = {
  id: "bland",
  title: "Bland",
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? [blandWebhook(config)] : [];
  },
  handler: () => blandHandler,
  capabilities: {
    media: {
      read(environment) {
        const config = readApiConfig(environment);
        return config && blandRecordings(config);
      },
    },
  },
  checks: blandChecks,
  accountOf: ({ payload }) =>
    isObject(payload) ? idOf(payload[payload["inbound"] === true ? "to" : "from"]) : undefined,
  personalData: blandPersonalData,
  secretPatterns: BLAND_SECRET_PATTERNS,
  samples: blandSamples,
  local: {
    secrets: ["BLAND_WEBHOOK_SECRET"],
    endpoints: (environment, sandboxUrl) =>
      environment["BLAND_API_KEY"]
        ? {}
        : {
            BLAND_WEBHOOK_ENABLED: environment["BLAND_WEBHOOK_ENABLED"] || "true",
            BLAND_API_KEY: "sandbox",
            BLAND_BASE_URL: `${sandboxUrl}/bland`,
          },
    accounts: ["*"],
  },
};
