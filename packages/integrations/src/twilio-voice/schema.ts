import { z } from "zod";

/** An optional text. An empty field counts as absent. */
const text = z
  .string()
  .transform((value) => (value === "" ? undefined : value))
  .optional();

const required = z.string().min(1);

/** The fields of a call in every request about it: https://www.twilio.com/docs/voice/twiml#request-parameters */
export const callSchema = z.object({
  AccountSid: required,
  CallSid: required,
  Direction: required,
  From: text,
  To: text,
  CallerName: text,
});

/** A call as its requests describe it. */
export type TwilioCall = z.infer<typeof callSchema>;

/** https://www.twilio.com/docs/voice/api/call-resource#statuscallback */
export const statusSchema = callSchema.extend({ CallStatus: required, CallDuration: text, Timestamp: text });

/** https://www.twilio.com/docs/voice/api/recording#recordingstatuscallback. A conference's recording has no call. */
export const recordingSchema = z.object({
  AccountSid: required,
  CallSid: text,
  RecordingSid: required,
  RecordingStatus: required,
  RecordingStartTime: text,
});

/** https://www.twilio.com/docs/voice/twiml/record#transcribe */
export const transcriptionSchema = z.object({
  AccountSid: required,
  CallSid: required,
  TranscriptionSid: required,
  TranscriptionStatus: text,
  TranscriptionText: text,
});
