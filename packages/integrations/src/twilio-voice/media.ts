import type { MediaSource } from "@millrace/core";
import { recordings } from "../shared/call/recordings.ts";
import { basicCredentials } from "./basic-credentials.ts";
import type { ApiConfig } from "./config.ts";

/** The largest recording in bytes. An MP3 of Twilio has 32 kbit/s, so a day has 350 MB. */
const MAX_BYTES = 400 * 1024 * 1024;

/** Fetches recordings as MP3. https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file */
export function twilioMedia(config: ApiConfig): MediaSource {
  const headers = basicCredentials(config);
  return recordings({
    title: "Twilio",
    scopeOf: (accountSid) => `twilio-voice:${accountSid}`,
    maxBytes: MAX_BYTES,
    requestFor: ({ accountId, id }) => ({
      url: `${config.baseUrl}/2010-04-01/Accounts/${accountId}/Recordings/${id}.mp3`,
      headers,
    }),
  });
}
