import { classifyHttp, type Environment, type ProviderCheck } from "@millrace/core";
import { isObject } from "../shared/json-value.ts";
import { readApiConfig, readWebhookConfig } from "./config.ts";

/**
 * Checks the API key and the state of its account. None without an API key.
 * https://docs.bland.ai/api-v1/get/me
 * @throws EnvironmentError
 */
export function blandChecks(environment: Environment): ProviderCheck[] {
  const config = readWebhookConfig(environment) && readApiConfig(environment);
  if (!config) return [];
  const { apiKey, baseUrl } = config;
  return [
    {
      check: "bland API key",
      remedy: "set BLAND_API_KEY to the API key that the account shows",
      async run({ http, now, signal }) {
        const url = `${baseUrl}/v1/me`;
        const response = await http({ method: "GET", url, headers: { authorization: apiKey } }, signal);
        if (response.status === 401 || response.status === 403)
          return { state: "fail", message: `Bland rejects the API key (${response.status})` };
        const failure = classifyHttp(response, "bland:api", now());
        if (failure) throw failure;
        const status = isObject(response.json) ? response.json["status"] : undefined;
        if (status !== "active")
          return { state: "warn", message: "the account is not active", remedy: "see the account in Bland's portal" };
        return { state: "ok", message: "the API key is valid" };
      },
    },
  ];
}
