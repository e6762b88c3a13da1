import type { Integration } from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import { META_SECRET_PATTERNS } from "../shared/meta/secret-patterns.ts";
import { metaChecks } from "./checks.ts";
import { readHandlerConfig, readWebhookConfig } from "./config.ts";
import { metaHandler } from "./leads/handler.ts";
import { metaPersonalData } from "./personal-data.ts";
import { metaSamples, UNOWNED_PAGE_ID } from "./samples.ts";
import { metaWebhook } from "./webhook.ts";

/** Meta Lead Ads: lead forms on Facebook and Instagram. */
export const meta: Integration = {
  id: "meta",
  title: "Meta Lead Ads",
  aliases: ["meta-leads"],
  webhooks: (environment) => {
    const config = readWebhookConfig(environment);
    return config ? [metaWebhook(config)] : [];
  },
  handler: (environment) => metaHandler(readHandlerConfig(environment)),
  checks: metaChecks,
  accountOf: ({ payload }) => {
    const fields = isObject(payload) ? payload : {};
    return idOf(fields["page_id"] ?? fields["accountId"]);
  },
  personalData: metaPersonalData,
  secretPatterns: META_SECRET_PATTERNS,
  samples: metaSamples,
  local: {
    secrets: ["META_APP_SECRET", "META_WEBHOOK_VERIFY_TOKEN"],
    endpoints: ({ META_PAGE_ACCESS_TOKEN: token }, sandboxUrl) =>
      token ? {} : { META_PAGE_ACCESS_TOKEN: "sandbox", GRAPH_BASE_URL: `${sandboxUrl}/graph/v26.0` },
    accounts: ["*"],
    unownedAccounts: [UNOWNED_PAGE_ID],
  },
};
