import {
  contentHash,
  eventId,
  type ParsedEvent,
  parseJsonBody,
  type RawRequest,
  unreadable,
  verifyHmacHex,
  type Webhook,
} from "@millrace/core";
import { idOf, isObject } from "../shared/json-value.ts";
import type { WebhookConfig } from "./config.ts";

/** The paths of the webhook. */
export const BLAND_PATHS = ["/api/integrations/bland/webhook"] as const;

/** The header with the signature: https://docs.bland.ai/tutorials/webhook-signing */
export const SIGNATURE_HEADER = "x-webhook-signature";

/** In bytes. A call of an hour has a transcript of about 100 kB, and the logs of its pathway can be several times larger. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The fields of which a call that has ended has at least one. An event during a call has none of them. */
const FIELDS_OF_ENDED_CALL = ["completed", "transcripts", "concatenated_transcript"];

/**
 * The webhook of Bland for calls. Its signature has no time. A replayed request has the id of its call, so it changes
 * nothing.
 */
export function blandWebhook({ secrets }: WebhookConfig): Webhook {
  return {
    paths: BLAND_PATHS,
    maxBodyBytes: MAX_BODY_BYTES,
    secrets,
    authenticate: ({ headers, body }, { secrets: valid }) => verifyHmacHex(headers[SIGNATURE_HEADER], valid, body),
    parse: (request) => [parseBlandWebhook(request)],
  };
}

/** Parses a request: a call that has ended, or an event during a call. Both are posted to the same URL. */
function parseBlandWebhook({ body }: RawRequest): ParsedEvent {
  const parsed = parseJsonBody(body);
  if (!parsed.ok) return unreadable(parsed.reason, parsed.raw);
  const payload = parsed.value;
  if (!isObject(payload)) return unreadable("the call is not an object", payload);
  if (!FIELDS_OF_ENDED_CALL.some((field) => field in payload))
    return { id: eventId("event", contentHash(payload)), kind: "event", payload };
  const callId = idOf(payload["call_id"]);
  if (callId === undefined) return unreadable("the call has no call_id", payload);
  return { id: eventId("call", callId), kind: "call", payload };
}
