import type { Environment, ProviderCheck } from "@millrace/core";
import { readUploadsConfig } from "./config.ts";
import { classifyGoogle } from "./upload/api-error.ts";
import { callGoogle } from "./upload/client.ts";
import { accessTokens } from "./upload/credentials.ts";

/** No request has this id. */
const PATH = "requestStatus:retrieve?requestId=millrace-doctor";

/**
 * Checks that the credentials give an access token, and that the Data Manager API accepts it. The API has no method that
 * only verifies a token, so the check asks for the status of a request that does not exist. Throws EnvironmentError.
 */
export function googleChecks(environment: Environment): ProviderCheck[] {
  const config = readUploadsConfig(environment);
  if (!config) return [];
  const accessToken = accessTokens(config.accessToken);
  return [
    {
      check: "google credentials",
      remedy: "correct GOOGLE_APPLICATION_CREDENTIALS, and enable the Data Manager API in its Cloud project",
      async run(ports) {
        const response = await callGoogle({ method: "GET", path: PATH }, config, accessToken, ports);
        const failure = classifyGoogle(response, config.accountId, ports.now());
        // A rejection of the id itself follows the authentication.
        if (failure && failure.next.kind !== "permanent") throw failure;
        return { state: "ok", message: "Google accepts the credentials" };
      },
    },
  ];
}
