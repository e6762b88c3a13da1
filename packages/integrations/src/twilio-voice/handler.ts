import {
  type EventHandler,
  type Handled,
  type InboundEvent,
  type MessageChange,
  parsePayload,
  written,
} from "@millrace/core";
import { handleStatus } from "./call-message.ts";
import { CHANNEL, directionOf, threadOf } from "./parties.ts";
import { callSchema, recordingSchema, transcriptionSchema } from "./schema.ts";
import { timeOf } from "./timestamp.ts";

/** Handles the events of Twilio's webhooks. */
export const twilioHandler: EventHandler = { handle };

function handle(event: InboundEvent): Handled {
  switch (event.kind) {
    case "incoming":
      return handleIncoming(event);
    case "status":
      return handleStatus(event);
    case "recording":
      return handleRecording(event);
    case "transcription":
      return handleTranscription(event);
    default:
      return { result: "unhandled", facts: [] };
  }
}

/** A call that begins opens the conversation. Its message follows when it ends. */
function handleIncoming(event: InboundEvent): Handled {
  const call = parsePayload(callSchema, event.payload);
  if (directionOf(call.Direction) !== "inbound")
    return { result: "unhandled", detail: "not an inbound call", facts: [] };
  const activity = { fact: "activity", thread: threadOf(call), at: new Date(event.receivedAt), opens: true } as const;
  return { result: "unhandled", detail: "the call begins", facts: [activity] };
}

/** A recording is the file of its call's message. */
function handleRecording(event: InboundEvent): Handled {
  const recording = parsePayload(recordingSchema, event.payload);
  const { CallSid: call, RecordingSid: id, RecordingStatus: status } = recording;
  if (status !== "completed") return { result: "ignored", detail: "the recording has no file", facts: [] };
  if (call === undefined) return { result: "unhandled", detail: "the recording belongs to no call", facts: [] };
  const media = { id, mimeType: "audio/mpeg" };
  const at = timeOf(recording.RecordingStartTime, event);
  return written(changeOf({ ...recording, CallSid: call }, { kind: "media", media }, id, at));
}

/** A transcription is the transcript of its call's message. */
function handleTranscription(event: InboundEvent): Handled {
  const transcription = parsePayload(transcriptionSchema, event.payload);
  const { TranscriptionSid: id, TranscriptionStatus: status, TranscriptionText: transcript } = transcription;
  if (status !== "completed" || transcript === undefined)
    return { result: "ignored", detail: "the transcription has no text", facts: [] };
  return written(changeOf(transcription, { kind: "transcript", transcript }, id, new Date(event.receivedAt)));
}

function changeOf(call: { AccountSid: string; CallSid: string }, change: MessageChange, changeId: string, at: Date) {
  const target = { channel: CHANNEL, accountId: call.AccountSid, externalId: call.CallSid };
  return { fact: "message_changed", target, change, changeId, at } as const;
}
