import { classifyHttp, type MediaSource, permanent, retryable } from "@millrace/core";
import type { ApiConfig } from "./config.ts";

/** In bytes. At 128 kbit/s this is a call of more than three hours. */
const MAX_BYTES = 200 * 1024 * 1024;

/** Waits while the API key is throttled or needs repair. All agents share the key. */
const API_SCOPE = "elevenlabs:api";

/**
 * Fetches the recording of a conversation. The file has the id of the conversation.
 * https://elevenlabs.io/docs/api-reference/conversations/get-audio
 */
export function elevenLabsRecordings({ apiKey, baseUrl }: ApiConfig): MediaSource {
  return {
    scopes: () => [API_SCOPE],
    maxBytes: MAX_BYTES,
    async open({ media }, { download, now, signal }) {
      const url = `${baseUrl}/v1/convai/conversations/${encodeURIComponent(media.id)}/audio`;
      const response = await download({ method: "GET", url, headers: { "xi-api-key": apiKey } }, signal);
      if (response.status === 404) throw permanent("ElevenLabs no longer has the recording", "gone");
      const failure = classifyHttp({ ...response, json: undefined }, API_SCOPE, now());
      if (failure) throw failure;
      if (!response.body) throw retryable("ElevenLabs' response has no recording", { code: "malformed" });
      return {
        body: response.body,
        mimeType: response.headers["content-type"],
        sha256: undefined,
        sizeBytes: undefined,
      };
    },
  };
}
