import { personalDataReader } from "@millrace/core";

/**
 * Finds the people in webhook events and in the payloads of calls. A caller without a number is known by the id of the
 * conversation. https://elevenlabs.io/docs/api-reference/conversations/get
 */
export const elevenLabsPersonalData = personalDataReader({
  parties: [
    "conversation_id",
    "user_id",
    "external_number",
    "To",
    "From",
    "Called",
    "Caller",
    "to_number",
    "from_number",
  ],
  partyIds: [],
  foreign: [],
  depth: 3,
  impersonal: [
    "type",
    "event_timestamp",
    "agent_id",
    "status",
    "role",
    "direction",
    "Direction",
    "time_in_call_secs",
    "start_time_unix_secs",
    "accepted_time_unix_secs",
    "call_duration_secs",
    "cost",
    "termination_reason",
    "failure_reason",
    "call_successful",
    "phone_number_id",
    "CallStatus",
    "SipResponseCode",
    "sip_status_code",
  ],
});

/** API keys, secrets of webhooks and signatures: https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks */
export const ELEVENLABS_SECRET_PATTERNS: readonly RegExp[] = [/\b(?:sk_|wsec_|v0=)[0-9a-f]{32,}/g];
