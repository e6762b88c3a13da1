import { personalDataReader } from "@millrace/core";

/** Finds the conversation and the AI turn of a callback. The texts of an answer and of a takeover may name people. */
export const n8nPersonalData = personalDataReader({
  parties: ["turnId", "conversationId"],
  partyIds: [],
  foreign: [],
  depth: 0,
  impersonal: ["type", "mode"],
});
