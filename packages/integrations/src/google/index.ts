import type { Environment, Integration } from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import { googleChecks } from "./checks.ts";
import { readRouteConfig, readUploadsConfig } from "./config.ts";
import { accessTokens } from "./upload/credentials.ts";
import { googleHandler } from "./conversions/handler.ts";
import { conversionRoute } from "./conversions/conversion-route.ts";
import { GOOGLE_SECRET_PATTERNS, googlePersonalData } from "./personal-data.ts";
import { googleSamples } from "./samples.ts";
import { googleUploads } from "./upload/uploads.ts";
import { wonRoute } from "./conversions/won-route.ts";
import { wonSubscriptions } from "./conversions/won-subscription.ts";

/** Google Ads: offline conversions through the Data Manager API. */
export const google: Integration = {
  id: "google",
  title: "Google Ads",
  // Google sends no webhooks; callers post to API routes.
  webhooks: () => [],
  // The routes also exist while uploads are switched off: they hold the sales.
  api(environment) {
    const config = readRouteConfig(environment);
    return [conversionRoute(config), wonRoute("lead", config), wonRoute("conversation", config)];
  },
  handler: () => googleHandler,
  subscribes: (environment) => wonSubscriptions(readRouteConfig(environment)),
  capabilities: {
    conversions: {
      read(environment) {
        const config = readUploadsConfig(environment);
        return config && googleUploads(config, accessTokens(config.accessToken));
      },
    },
  },
  checks: googleChecks,
  accountOf: ({ payload }) => (isObject(payload) ? idOf(payload["accountId"]) : undefined),
  personalData: googlePersonalData,
  secretPatterns: GOOGLE_SECRET_PATTERNS,
  samples: googleSamples,
  local: {
    secrets: [],
    endpoints: (environment, sandboxUrl) =>
      usesRealApi(environment)
        ? {}
        : {
            GOOGLE_ADS_OFFLINE_ENABLED: environment["GOOGLE_ADS_OFFLINE_ENABLED"] || "true",
            GOOGLE_ADS_CUSTOMER_ID: environment["GOOGLE_ADS_CUSTOMER_ID"] || "1234567890",
            GOOGLE_ADS_CONVERSION_ACTION_ID: environment["GOOGLE_ADS_CONVERSION_ACTION_ID"] || "7001",
            GOOGLE_ACCESS_TOKEN: "sandbox",
            GOOGLE_STATUS_AFTER_MS: environment["GOOGLE_STATUS_AFTER_MS"] || "6000",
            GOOGLE_DATAMANAGER_BASE_URL: `${sandboxUrl}/datamanager/v1`,
          },
    accounts: ["*"],
  },
};

/** Whether the real API is configured. A base URL alone is enough, because credentials can be on the machine. */
function usesRealApi(environment: Environment): boolean {
  const { GOOGLE_APPLICATION_CREDENTIALS: file, GOOGLE_ACCESS_TOKEN: token } = environment;
  return Boolean(file || token || environment["GOOGLE_DATAMANAGER_BASE_URL"]);
}
