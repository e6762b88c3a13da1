import { MAX_EVENT_ID_LENGTH } from "@millrace/core";
import { z } from "zod";

/** A required id. It is at most as long as an event id, because unique indexes contain it. */
const id = z.union([z.string().min(1).max(MAX_EVENT_ID_LENGTH), z.number()]).transform(String);

const optionalId = id.optional().catch(undefined);

/** An optional text. An empty or invalid text counts as absent; the row keeps the whole payload. */
const optionalText = z.string().min(1).optional().catch(undefined);

/** A number, or its digits as text. */
const optionalNumber = z
  .union([z.number(), z.string().regex(/^\d+(?:\.\d+)?$/)])
  .transform(Number)
  .pipe(z.number().nonnegative())
  .optional()
  .catch(undefined);

/** A time in ISO 8601. A time outside the years 1 to 9999 counts as absent. */
const optionalTime = z
  .string()
  .transform((text) => new Date(text))
  .refine((time) => time.getUTCFullYear() > 0 && time.getUTCFullYear() < 10_000)
  .optional()
  .catch(undefined);

/** One phrase. `user` is its speaker: user, assistant, robot or agent-action. */
const phrase = z.looseObject({ user: optionalText, text: optionalText }).catch({});

/** A call that has ended. The webhook posts what the API returns for a call: https://docs.bland.ai/api-v1/get/calls-id */
export const endedCall = z.looseObject({
  call_id: id,
  to: optionalId,
  from: optionalId,
  inbound: z.boolean().catch(false),
  status: optionalText,
  queue_status: optionalText,
  answered_by: optionalText,
  created_at: optionalTime,
  started_at: optionalTime,
  /** In minutes, with decimals. */
  call_length: optionalNumber,
  /** In seconds, rounded as Bland charges it. */
  corrected_duration: optionalNumber,
  summary: optionalText,
  transcripts: z.array(phrase).catch([]),
  concatenated_transcript: optionalText,
  recording_url: optionalText,
});

/** See {@link endedCall}. */
export type EndedCall = z.infer<typeof endedCall>;
