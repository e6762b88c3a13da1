import { personalDataReader } from "@millrace/core";

/**
 * Finds the people in calls. A caller without a number is known by the id of the call. Either of `to` and `from` is our own
 * number. https://docs.bland.ai/api-v1/get/calls-id
 */
export const blandPersonalData = personalDataReader({
  parties: ["to", "from", "call_id", "c_id", "phone_number"],
  partyIds: [],
  foreign: [],
  depth: 1,
  impersonal: [
    "status",
    "queue_status",
    "answered_by",
    "call_ended_by",
    "created_at",
    "started_at",
    "end_at",
    "call_length",
    "corrected_duration",
    "max_duration",
    "price",
    "batch_id",
    "pathway_id",
    "endpoint_url",
    "language",
    "category",
    "log_level",
  ],
});

/** API keys: https://docs.bland.ai/api-v1/get/calls-id */
export const BLAND_SECRET_PATTERNS: readonly RegExp[] = [/\b(?:sk-|org_)[\w-]{20,}/g];
