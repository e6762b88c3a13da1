import type { MediaSource } from "@millrace/core";
import { recordings } from "../shared/call/recordings.ts";
import type { ApiConfig } from "./config.ts";

/** In bytes. At 128 kbit/s this is a call of more than three hours. */
const MAX_BYTES = 200 * 1024 * 1024;

/**
 * Fetches the recording of a conversation. The file has the id of the conversation.
 * https://elevenlabs.io/docs/api-reference/conversations/get-audio
 */
export function elevenLabsRecordings({ apiKey, baseUrl }: ApiConfig): MediaSource {
  return recordings({
    title: "ElevenLabs",
    // All agents share the API key.
    scopeOf: () => "elevenlabs:api",
    maxBytes: MAX_BYTES,
    requestFor: ({ id }) => ({
      url: `${baseUrl}/v1/convai/conversations/${id}/audio`,
      headers: { "xi-api-key": apiKey },
    }),
  });
}
