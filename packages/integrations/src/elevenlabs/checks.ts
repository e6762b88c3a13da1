import { classifyHttp, type Environment, type ProviderCheck } from "@millrace/core";
import { readApiConfig, readWebhookConfig } from "./config.ts";

/**
 * Checks that the API key may read conversations, as recordings require. None without an API key.
 * https://elevenlabs.io/docs/api-reference/conversations/list
 * @throws EnvironmentError
 */
export function elevenLabsChecks(environment: Environment): ProviderCheck[] {
  const config = readWebhookConfig(environment) && readApiConfig(environment);
  if (!config) return [];
  const { apiKey, baseUrl } = config;
  return [
    {
      check: "elevenlabs API key",
      remedy: "set ELEVENLABS_API_KEY to a key that may read conversations",
      async run({ http, now, signal }) {
        const url = `${baseUrl}/v1/convai/conversations?page_size=1`;
        const response = await http({ method: "GET", url, headers: { "xi-api-key": apiKey } }, signal);
        if (response.status === 401 || response.status === 403)
          return { state: "fail", message: `ElevenLabs rejects the API key (${response.status})` };
        const failure = classifyHttp(response, "elevenlabs:api", now());
        if (failure) throw failure;
        return { state: "ok", message: "the API key is valid" };
      },
    },
  ];
}
