import { personalDataReader } from "@millrace/core";

/** Finds the people in sales. The e-mail address and the phone number are hashed before there is an event. */
export const googlePersonalData = personalDataReader({
  parties: ["subjectId", "click", "emailHash", "phoneHash"],
  partyIds: ["id"],
  foreign: [],
  depth: 0,
  impersonal: [
    "accountId",
    "actionId",
    "convertedAt",
    "timestamp",
    "value",
    "currency",
    "eventSource",
    "kind",
    "adUserData",
    "adPersonalization",
    "held",
    "subject",
  ],
});

/** An OAuth access token: https://developers.google.com/identity/protocols/oauth2#size */
export const GOOGLE_SECRET_PATTERNS: readonly RegExp[] = [/\bya29\.[\w.-]{16,}/g];
