import type { ApiConfig } from "./config.ts";

/** The header that authenticates calls: https://www.twilio.com/docs/usage/requests-to-twilio#credentials */
export function basicCredentials({ accountSid, authToken }: ApiConfig): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString("base64")}` };
}
