import {
  eventId,
  formFields,
  type ParsedEvent,
  unreadable,
  verifySignedUrl,
  type Webhook,
  type WebhookResponse,
} from "@millrace/core";
import { idOf } from "../shared/json-value.ts";
import type { WebhookConfig } from "./config.ts";

/** Where a call comes in. Twilio expects TwiML as the response. */
export const CALL_PATH = "/api/integrations/twilio-voice/call";

/** Where Twilio reports statuses, recordings and transcriptions. Their fields distinguish them. */
export const CALLBACK_PATH = "/api/integrations/twilio-voice/callback";

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security */
export const SIGNATURE_HEADER = "x-twilio-signature";

/**
 * The header of a request that a Webhooks Rule signs with another key and algorithm. Millrace does not know that key:
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
const OTHER_SIGNATURE_HEADER = "x-twilio-webhooks-signature-settings";

/** In bytes. A form has some 40 short fields, and a transcription has the text of two minutes. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * The length of Twilio's ids is 34, and 36 at compatible services. The signature covers names and values without
 * separators, so a longer id can contain the field that follows it in a signed request, which would be another event.
 */
const MAX_SID_LENGTH = 36;

/** The webhooks of Twilio Voice: https://www.twilio.com/docs/usage/webhooks/voice-webhooks */
export function twilioWebhooks({ authTokens, twiml }: WebhookConfig): Webhook[] {
  const common = { maxBodyBytes: MAX_BODY_BYTES, secrets: authTokens, authenticate };
  return [
    {
      ...common,
      paths: [CALL_PATH],
      parse: (request) => [parseCall(formFields(request))],
      respond: (request) => responseTo(formFields(request), twiml),
    },
    { ...common, paths: [CALLBACK_PATH], parse: (request) => [parseCallback(formFields(request))] },
  ];
}

const authenticate: Webhook["authenticate"] = (request, { secrets }) =>
  request.headers[OTHER_SIGNATURE_HEADER] === undefined &&
  verifySignedUrl(request.headers[SIGNATURE_HEADER], request, secrets);

type Fields = ReturnType<typeof formFields>;

/** The id in a field; undefined for a value that cannot be an id. */
function sidOf(fields: Fields, name: string): string | undefined {
  const sid = idOf(fields[name]);
  return sid !== undefined && sid.length <= MAX_SID_LENGTH ? sid : undefined;
}

function parseCall(fields: Fields): ParsedEvent {
  const call = sidOf(fields, "CallSid");
  if (call === undefined) return unreadable("the form has no CallSid", fields);
  return { id: eventId("incoming", call), kind: "incoming", payload: fields };
}

function parseCallback(fields: Fields): ParsedEvent {
  const [call, recording, transcription] = ["CallSid", "RecordingSid", "TranscriptionSid"].map((name) =>
    sidOf(fields, name),
  );
  const { CallStatus: callStatus = "", RecordingStatus: recordingStatus = "" } = fields;
  // A transcription has the fields of its recording and of its call too.
  if (transcription !== undefined)
    return { id: eventId("transcription", transcription), kind: "transcription", payload: fields };
  if (recording !== undefined && recordingStatus !== "")
    return { id: eventId("recording", recording, recordingStatus), kind: "recording", payload: fields };
  if (call !== undefined && callStatus !== "")
    return { id: eventId("status", call, callStatus), kind: "status", payload: fields };
  return unreadable("the form has no status of a call, a recording or a transcription", fields);
}

/**
 * The response to a call. After `<Record>` without an `action`, Twilio requests this URL again, with the recording. The
 * same TwiML would record without end, so the call ends: https://www.twilio.com/docs/voice/twiml/record#action
 */
function responseTo(fields: Fields, twiml: string): WebhookResponse {
  const isRecorded = fields["RecordingUrl"] !== undefined;
  return { contentType: "text/xml", body: isRecorded ? "<Response><Hangup/></Response>" : twiml };
}
