import type { Integration } from "@millrace/core";
import { answerRoute } from "./answer.ts";
import { n8nAssistant } from "./assistant.ts";
import { readAssistantConfig, readCallbackConfig } from "./config.ts";
import { n8nHandler } from "./handler.ts";
import { n8nPersonalData } from "./personal-data.ts";
import { n8nSamples } from "./samples.ts";
import { takeoverRoute } from "./takeover.ts";

/** n8n: sends AI requests to its workflow, and receives the AI's answers, takeovers and hand-backs. */
export const n8n: Integration = {
  id: "n8n",
  title: "n8n",
  // n8n posts to API routes only.
  webhooks: () => [],
  api: (environment, formats) => {
    const config = readCallbackConfig(environment);
    return config ? [answerRoute(config, formats), takeoverRoute(config)] : [];
  },
  handler: () => n8nHandler,
  capabilities: {
    ai: {
      read(environment) {
        const config = readAssistantConfig(environment);
        return config && n8nAssistant(config);
      },
    },
  },
  accountOf: () => undefined,
  personalData: n8nPersonalData,
  secretPatterns: [],
  samples: n8nSamples,
  local: {
    secrets: ["N8N_WEBHOOK_SECRET"],
    endpoints: ({ N8N_DISPATCH_URL: url }, sandboxUrl) =>
      url ? {} : { N8N_DISPATCH_URL: `${sandboxUrl}/n8n/webhook/millrace`, N8N_ALLOWED_NETWORKS: "127.0.0.0/8" },
    accounts: [],
  },
};
