import { personalDataReader } from "@millrace/core";

/**
 * Finds the people in leadgen notifications and in changes of a page, such as Messenger chats.
 * https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving
 */
export const metaPersonalData = personalDataReader({
  parties: ["leadgen_id", "id", "from", "sender", "recipient", "user_id"],
  partyIds: ["id"],
  foreign: [],
  depth: 2,
  impersonal: [
    "object",
    "field",
    "accountId",
    "page_id",
    "form_id",
    "ad_id",
    "adgroup_id",
    "created_time",
    "time",
    "timestamp",
    "changed_fields",
    "item",
    "verb",
  ],
});
