import {
  contentHash,
  eventId,
  type ParsedEvent,
  parseJsonBody,
  type RawRequest,
  unreadable,
  verifyTimestampedHeader,
  type Webhook,
} from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import type { WebhookConfig } from "./config.ts";

/** The paths of the webhook. */
export const ELEVENLABS_PATHS = ["/api/integrations/elevenlabs/webhook"] as const;

/** The header with the signature: https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks */
export const SIGNATURE_HEADER = "elevenlabs-signature";

/** The version of the signature in the header. */
export const SIGNATURE_VERSION = "v0";

/** As ElevenLabs' own libraries: a repeated webhook can have the time of the first. The event id prevents a replay. */
const TOLERANCE_MS = 30 * 60_000;

/**
 * In bytes. A long call with many tool calls has a transcript of less than a megabyte. A body with the audio of a call has
 * about 1.3 MB a minute, and Millrace does not need it.
 */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The types of events about one call: https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks */
const CALL_EVENTS = ["post_call_transcription", "post_call_audio", "call_initiation_failure"] as const;

/** The webhook of ElevenLabs for finished calls. */
export function elevenLabsWebhook({ secrets }: WebhookConfig): Webhook {
  return {
    paths: ELEVENLABS_PATHS,
    maxBodyBytes: MAX_BODY_BYTES,
    secrets,
    authenticate: ({ headers, body }, { now, secrets: valid }) =>
      verifyTimestampedHeader(headers[SIGNATURE_HEADER], valid, body, {
        version: SIGNATURE_VERSION,
        now,
        toleranceMs: TOLERANCE_MS,
      }),
    parse: (request) => [parseElevenLabsWebhook(request)],
  };
}

/** Parses the one event of a request. Each call has at most one event of each type. */
function parseElevenLabsWebhook({ body }: RawRequest): ParsedEvent {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return unreadable(parsed.reason, parsed.raw);
  const event = parsed.value;
  if (!isObject(event)) return unreadable("the event is not an object", event);
  const { data } = event;
  const kind = CALL_EVENTS.find((type) => type === event["type"]);
  if (!kind) return { id: eventId("event", contentHash(event)), kind: "event", payload: event };
  const conversationId = isObject(data) ? idOf(data["conversation_id"]) : undefined;
  if (!isObject(data) || conversationId === undefined) return unreadable("the event has no conversation_id", event);
  return { id: eventId(kind, conversationId), kind, payload: { ...event, data: withoutAudio(data) } };
}

/** The audio is megabytes of base64. The recording is fetched from the API instead. */
function withoutAudio(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data).filter(([field]) => field !== "full_audio"));
}
