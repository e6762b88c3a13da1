import { isObject } from "../../shared/json-value.ts";
import { stringField, nonEmptyString } from "./message-body.ts";

/**
 * The fields of service messages, which report what happened in a chat: https://core.telegram.org/bots/api#message
 */
const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  "boost_added",
  "channel_chat_created",
  "chat_background_set",
  "chat_owner_changed",
  "chat_owner_left",
  "chat_shared",
  "checklist_tasks_added",
  "checklist_tasks_done",
  "community_chat_added",
  "community_chat_joined",
  "community_chat_removed",
  "connected_website",
  "delete_chat_photo",
  "direct_message_price_changed",
  "forum_topic_closed",
  "forum_topic_created",
  "forum_topic_edited",
  "forum_topic_reopened",
  "general_forum_topic_hidden",
  "general_forum_topic_unhidden",
  "gift",
  "gift_upgrade_sent",
  "giveaway",
  "giveaway_completed",
  "giveaway_created",
  "giveaway_winners",
  "group_chat_created",
  "left_chat_member",
  "managed_bot_created",
  "message_auto_delete_timer_changed",
  "migrate_from_chat_id",
  "migrate_to_chat_id",
  "new_chat_members",
  "new_chat_photo",
  "new_chat_title",
  "paid_message_price_changed",
  "passport_data",
  "pinned_message",
  "poll_option_added",
  "poll_option_deleted",
  "proximity_alert_triggered",
  "refunded_payment",
  "successful_payment",
  "suggested_post_approval_failed",
  "suggested_post_approved",
  "suggested_post_declined",
  "suggested_post_paid",
  "suggested_post_refunded",
  "supergroup_chat_created",
  "unique_gift",
  "users_shared",
  "video_chat_ended",
  "video_chat_participants_invited",
  "video_chat_scheduled",
  "video_chat_started",
  "write_access_allowed",
]);

/** The field of a service message; undefined if the message is not one. */
export function systemField(message: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(message).find((field) => SYSTEM_FIELDS.has(field) && message[field] !== null);
}

/** Describes a service message: `new chat title: Mill friends`. */
export function systemBody(field: string, value: unknown): string {
  const label = field.replaceAll("_", " ");
  const detail = Array.isArray(value) ? value.map(nameIn).filter(Boolean).join(", ") : nameIn(value);
  return detail ? `${label}: ${detail}` : label;
}

function nameIn(value: unknown): string | undefined {
  if (!isObject(value)) return nonEmptyString(value);
  return ["name", "first_name", "title", "text", "option_text"].map((field) => stringField(value, field)).find(Boolean);
}
