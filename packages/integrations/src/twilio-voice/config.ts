import { baseUrl, type Environment, readEnvironment, readToggle, secretList } from "@millrace/core";
import { z } from "zod";

/** Answers a call with a mailbox. The URL of the callback is relative to the URL of the webhook for calls. */
const MAILBOX =
  "<Response><Say>Please leave a message after the tone.</Say>" +
  '<Record recordingStatusCallback="callback" transcribe="true" transcribeCallback="callback"/></Response>';

/** The root of a TwiML document: https://www.twilio.com/docs/voice/twiml */
const TWIML = /^(?:<\?xml[^>]*\?>\s*)?<Response(?:\s*\/>|>.*<\/Response>)$/s;

const webhookVariables = z.object({
  TWILIO_AUTH_TOKEN: secretList,
  TWILIO_VOICE_TWIML: z.string().trim().regex(TWIML, "must be TwiML: <Response>…</Response>").default(MAILBOX),
});

/** The configuration of the webhooks. `twiml` is the response to a call that comes in. */
export type WebhookConfig = { authTokens: readonly string[]; twiml: string };

/** Whether Twilio Voice is switched on. Throws EnvironmentError. */
function isSwitchedOn(environment: Environment): boolean {
  return readToggle("twilio-voice", environment, false);
}

/** Reads {@link WebhookConfig}; undefined when Twilio Voice is switched off. Throws EnvironmentError. */
export function readWebhookConfig(environment: Environment): WebhookConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const variables = readEnvironment(webhookVariables, environment);
  return { authTokens: variables.TWILIO_AUTH_TOKEN, twiml: variables.TWILIO_VOICE_TWIML };
}

/**
 * Reads the auth token that signs samples, also while Twilio Voice is switched off: only the processes that npm start
 * starts know that the sandbox switches it on. Undefined when it is unset.
 */
export function readSampleToken(environment: Environment): string | undefined {
  return readEnvironment(z.object({ TWILIO_AUTH_TOKEN: secretList.optional() }), environment).TWILIO_AUTH_TOKEN?.[0];
}

const apiVariables = z.object({
  TWILIO_ACCOUNT_SID: z.string().regex(/^AC[0-9a-f]{32}$/i, "must be AC and 32 hexadecimal digits"),
  TWILIO_AUTH_TOKEN: secretList,
  TWILIO_BASE_URL: baseUrl("https://api.twilio.com"),
});

/** The configuration of calls to Twilio's API: the credentials of the account, and the base URL. */
export type ApiConfig = { accountSid: string; authToken: string; baseUrl: string };

/** Reads {@link ApiConfig}; undefined when Twilio Voice is switched off. Throws EnvironmentError. */
export function readApiConfig(environment: Environment): ApiConfig | undefined {
  if (!isSwitchedOn(environment)) return undefined;
  const variables = readEnvironment(apiVariables, environment);
  const [authToken = ""] = variables.TWILIO_AUTH_TOKEN;
  return { accountSid: variables.TWILIO_ACCOUNT_SID, authToken, baseUrl: variables.TWILIO_BASE_URL };
}
