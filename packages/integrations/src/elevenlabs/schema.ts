import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** A required id. It is at most as long as an event id, because unique indexes contain it. */
const id = z.string().min(1).max(MAX_EVENT_ID_LENGTH);

const optionalId = id.optional().catch(undefined);

/** An optional text. An empty or invalid text counts as absent; the row keeps the whole payload. */
const optionalText = z.string().min(1).optional().catch(undefined);

/** An optional object. One in a wrong form counts as absent, because the call is stored all the same. */
function optionalObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject(shape).optional().catch(undefined);
}

/** One utterance. `message` is null when the agent only used a tool. */
const utterance = z.looseObject({ role: optionalText, message: optionalText }).catch({});

/**
 * The payload of a `post_call_transcription` event. `data` is what the API returns for a conversation:
 * https://elevenlabs.io/docs/api-reference/conversations/get
 */
export const transcriptionPayload = z.looseObject({
  event_timestamp: z.unknown().optional(),
  data: z.looseObject({
    agent_id: id,
    conversation_id: id,
    status: optionalText,
    user_id: optionalId,
    transcript: z.array(utterance).catch([]),
    metadata: optionalObject({
      start_time_unix_secs: z.unknown().optional(),
      call_duration_secs: z.number().nonnegative().optional().catch(undefined),
      // Absent for a call through a website or an app.
      phone_call: optionalObject({ direction: optionalText, external_number: optionalId }),
    }),
    analysis: optionalObject({ transcript_summary: optionalText }),
    has_audio: z.boolean().catch(false),
  }),
});

/**
 * The payload of a `call_initiation_failure` event. `body` has the fields of the telephony provider: those of Twilio's
 * status callback, or those of a SIP trunk. https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
 */
export const failurePayload = z.looseObject({
  event_timestamp: z.unknown().optional(),
  data: z.looseObject({
    agent_id: id,
    conversation_id: id,
    failure_reason: optionalText,
    metadata: optionalObject({
      body: optionalObject({
        To: optionalId,
        From: optionalId,
        Direction: optionalText,
        to_number: optionalId,
        from_number: optionalId,
        direction: optionalText,
      }),
    }),
  }),
});
