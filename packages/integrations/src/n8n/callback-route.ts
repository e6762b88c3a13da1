import type { ApiRoute } from "@millrace/core";
import { describeAuthentication, verifyCallback } from "./callback-authentication.ts";
import type { CallbackConfig } from "./config.ts";

/** The options that all routes for n8n share. */
export function callbackRoute(
  config: CallbackConfig,
  name: string,
): Pick<ApiRoute, "paths" | "authentication" | "role" | "status"> & Required<Pick<ApiRoute, "authenticate">> {
  return {
    paths: [`/api/integrations/n8n/${name}`, `/api/webhooks/n8n/${name}`],
    authentication: describeAuthentication(config),
    role: "inbound",
    // n8n's HTTP Request node fails on any status but 2xx, and 200 is what workflows expect.
    status: 200,
    authenticate: (request, now) => verifyCallback(config, request, now),
  };
}
