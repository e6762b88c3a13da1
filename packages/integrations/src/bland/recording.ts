import { classifyHttp, type MediaSource, permanent, retryable } from "@millrace/core";
import type { ApiConfig } from "./config.ts";

/** In bytes. At 128 kbit/s this is a call of more than three hours. */
const MAX_BYTES = 200 * 1024 * 1024;

/** Waits while the API key is throttled or needs repair. All numbers share the key. */
const API_SCOPE = "bland:api";

/**
 * Fetches the recording of a call. The file has the id of the call. The request does not use the `recording_url` of the webhook, so
 * the API key is sent to no other host. https://docs.bland.ai/api-v1/get/calls-id-recording
 */
export function blandRecordings({ apiKey, baseUrl }: ApiConfig): MediaSource {
  return {
    scopes: () => [API_SCOPE],
    maxBytes: MAX_BYTES,
    async open({ media }, { download, now, signal }) {
      const url = `${baseUrl}/v1/recordings/${encodeURIComponent(media.id)}`;
      // Bland reads the wanted format from this header. The default is WAV, which is ten times larger.
      const headers = { authorization: apiKey, "content-type": "audio/mpeg" };
      const response = await download({ method: "GET", url, headers }, signal);
      if (response.status === 404) throw permanent("Bland no longer has the recording", "gone");
      const failure = classifyHttp({ ...response, json: undefined }, API_SCOPE, now());
      if (failure) throw failure;
      const mimeType = response.headers["content-type"];
      if (!response.body || mimeType?.includes("json"))
        throw retryable("Bland's response has no recording", { code: "malformed" });
      return { body: response.body, mimeType, sha256: undefined, sizeBytes: undefined };
    },
  };
}
