import { personalDataReader } from "./personal-data-fields.ts";

/**
 * Finds the rows that Millrace's own jobs name (a send, a file to fetch, an AI turn). Every integration's queues hold such
 * jobs, so no integration knows their fields.
 */
export const personalDataOfJob = personalDataReader({
  parties: ["conversationId", "contactId", "messageId", "messageIds", "turnId", "externalId"],
  partyIds: [],
  foreign: [],
  depth: 0,
  impersonal: ["channel", "accountId", "batchId"],
});
