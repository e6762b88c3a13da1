import { personalDataReader } from "@millrace/core";

/** Finds the people in forms about calls: https://www.twilio.com/docs/voice/twiml#request-parameters */
export const twilioPersonalData = personalDataReader({
  // The callback of a recording names its call only, which is the id of the message.
  parties: ["From", "To", "Caller", "Called", "CallSid"],
  partyIds: [],
  foreign: [],
  depth: 0,
  impersonal: [
    "AccountSid",
    "ApiVersion",
    "CallStatus",
    "CallDuration",
    "Duration",
    "Direction",
    "Timestamp",
    "SequenceNumber",
    "CallbackSource",
    "RecordingStatus",
    "RecordingDuration",
    "RecordingChannels",
    "RecordingSource",
    "RecordingTrack",
    "RecordingStartTime",
    "TranscriptionStatus",
    "TranscriptionType",
    "ErrorCode",
    "SipResponseCode",
    "StirVerstat",
  ],
});

/** Auth tokens, and the signatures of requests: https://www.twilio.com/docs/usage/webhooks/webhooks-security */
export const TWILIO_SECRET_PATTERNS: readonly RegExp[] = [
  /(?<![\w-])[0-9a-f]{32}(?![\w-])/g,
  /(?<![\w+/])[\w+/]{27}=/g,
];
