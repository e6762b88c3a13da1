import type { ApiRoute } from "@millrace/core";
import { proofInWords, verifyCallback } from "./callback-authentication.ts";
import type { CallbackConfig } from "./config.ts";

/** What all routes that n8n calls have in common. */
export function callbackRoute(
  config: CallbackConfig,
  name: string,
): Pick<ApiRoute, "paths" | "authentication" | "role" | "status"> & Required<Pick<ApiRoute, "authenticate">> {
  return {
    paths: [`/api/integrations/n8n/${name}`, `/api/webhooks/n8n/${name}`],
    authentication: proofInWords(config),
    role: "inbound",
    // Anything but 2xx makes its node fail; 200 is what every workflow takes for success.
    status: 200,
    authenticate: (request, now) => verifyCallback(config, request, now),
  };
}
