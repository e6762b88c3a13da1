import { classifyHttp, type MediaSource, permanent } from "@millrace/core";
import { basicCredentials } from "./basic-credentials.ts";
import type { ApiConfig } from "./config.ts";

/** The largest recording in bytes. An MP3 of Twilio has 32 kbit/s, so a day has 350 MB. */
const MAX_BYTES = 400 * 1024 * 1024;

/**
 * Fetches recordings as MP3. The URL consists of the base URL and the ids, so that the credentials reach no other host.
 * https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file
 */
export function twilioMedia(config: ApiConfig): MediaSource {
  const { baseUrl } = config;
  const headers = basicCredentials(config);
  return {
    scopes: ({ accountId }) => [scopeOf(accountId)],
    maxBytes: MAX_BYTES,
    async open({ accountId, media }, { download, now, signal }) {
      const [account, recording] = [accountId, media.id].map(encodeURIComponent);
      const url = `${baseUrl}/2010-04-01/Accounts/${account}/Recordings/${recording}.mp3`;
      const { body, ...response } = await download({ method: "GET", url, headers }, signal);
      if (response.status === 404) throw permanent("Twilio no longer has the recording", "gone");
      const error = classifyHttp({ ...response, json: undefined }, scopeOf(accountId), now());
      if (error) throw error;
      if (!body) throw permanent("the recording has no content", "empty");
      return { body, mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined };
    },
  };
}

function scopeOf(accountSid: string): string {
  return `twilio-voice:${accountSid}`;
}
