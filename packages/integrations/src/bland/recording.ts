import type { MediaSource } from "@millrace/core";
import { recordings } from "../shared/call/recordings.ts";
import type { ApiConfig } from "./config.ts";

/** In bytes. At 128 kbit/s this is a call of more than three hours. */
const MAX_BYTES = 200 * 1024 * 1024;

/** Fetches the recording of a call. The file has the id of the call. https://docs.bland.ai/api-v1/get/calls-id-recording */
export function blandRecordings({ apiKey, baseUrl }: ApiConfig): MediaSource {
  return recordings({
    title: "Bland",
    // All numbers share the API key.
    scopeOf: () => "bland:api",
    maxBytes: MAX_BYTES,
    requestFor: ({ id }) => ({
      url: `${baseUrl}/v1/recordings/${id}`,
      // Bland reads the wanted format from the content type. The default is WAV, which is ten times larger.
      headers: { authorization: apiKey, "content-type": "audio/mpeg" },
    }),
  });
}
