/** How to react to an error. */
type Reaction =
  | { kind: "retryable"; attempts?: number }
  | { kind: "unavailable" }
  /**
   * The number or only the conversation waits `seconds`, four times as long after each further hit, up to `maxSeconds`.
   * https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
   */
  | { kind: "rate_limited"; scope: "number" | "conversation"; seconds: number; maxSeconds: number }
  | { kind: "paused" }
  | { kind: "permanent" };

/** The meaning of an error code. */
export type Meaning = { reaction: Reaction; message: string };

const retryable: Reaction = { kind: "retryable" };
const unavailable: Reaction = { kind: "unavailable" };
const paused: Reaction = { kind: "paused" };
const permanent: Reaction = { kind: "permanent" };
const MINUTE = 60;
const HOUR = 3600;

function rateLimited(scope: "number" | "conversation", seconds: number, maxSeconds = seconds): Reaction {
  return { kind: "rate_limited", scope, seconds, maxSeconds };
}

/**
 * WhatsApp's error codes. The same codes occur in responses and, later, in the statuses of messages.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/error-codes
 */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      // The message can be the cause of these two. After a server error the number counts as unavailable.
      [1, retryable, "WhatsApp has a temporary error"],
      [131000, retryable, "WhatsApp has an unknown error"],
      [2, unavailable, "WhatsApp is temporarily overloaded or unavailable"],
      [131016, unavailable, "a service of WhatsApp is temporarily unavailable"],
      [133004, unavailable, "WhatsApp's server is temporarily unavailable"],
      [135000, { kind: "retryable", attempts: 2 }, "WhatsApp rejects the request without a reason"],

      [4, rateLimited("number", 5 * MINUTE), "the app makes too many calls"],
      [80007, rateLimited("number", 5 * MINUTE), "the business account makes too many calls"],
      [130429, rateLimited("number", 1, MINUTE), "the number sends too many messages per second"],
      [131056, rateLimited("conversation", 1, HOUR), "too many messages to this person in a short time"],
      [131057, rateLimited("number", 2 * MINUTE), "the business account is under maintenance"],
      [2494100, rateLimited("number", 2 * MINUTE), "the number is under maintenance"],
      // The error is about one template, so other conversations need not wait.
      [134101, rateLimited("conversation", 10 * MINUTE), "the template is new and not ready yet"],
      [133016, rateLimited("number", HOUR), "the number was registered too often and is temporarily blocked"],
      [131048, rateLimited("number", HOUR), "too many of the number's messages were blocked or reported as spam"],
      [131208, rateLimited("conversation", MINUTE, HOUR), "too many group actions in a short time"],

      [0, paused, "the access token is not valid"],
      [190, paused, "the access token is no longer valid"],
      [3, paused, "the app lacks a capability or permission"],
      [10, paused, "a permission is missing"],
      [131005, paused, "a permission is missing"],
      [33, paused, "the number was deleted, or its id is wrong"],
      [368, paused, "the business account is restricted for violating a policy"],
      [131031, paused, "the business account is locked"],
      [131037, paused, "the number's display name is not approved"],
      [131042, paused, "the business account's payment method has a problem"],
      [131045, paused, "the number's registration is broken"],
      [131064, paused, "the business must be verified"],
      [133010, paused, "the number is not registered"],
      [134011, paused, "the terms of WhatsApp's payments are not accepted"],

      [100, permanent, "WhatsApp does not accept a parameter"],
      [130472, permanent, "Meta does not deliver the message because of an experiment with marketing messages"],
      [130497, permanent, "the business may not write to people in this country"],
      [131008, permanent, "a parameter is missing"],
      [131009, permanent, "a value is not valid"],
      [131020, permanent, "the group has no other members"],
      [131021, permanent, "a number cannot write to itself"],
      [131026, permanent, "the person has no WhatsApp, has an old app, or has not accepted the terms"],
      [131030, permanent, "a test number can only write to the people on its list"],
      [131041, permanent, "the group does not exist, or the number is not a member"],
      [131047, permanent, "more than 24 hours have passed since the person last wrote: only a template can be sent"],
      [131049, permanent, "Meta limits marketing messages to this person: wait at least 24 hours"],
      [131050, permanent, "the person has stopped marketing messages"],
      [131051, permanent, "the type of message is not supported"],
      [131052, permanent, "WhatsApp cannot fetch the file that a person sent"],
      [131053, permanent, "WhatsApp cannot process the file"],
      [131055, permanent, "this API is not for this category of template"],
      [131062, permanent, "this template needs the person's phone number"],
      [131063, permanent, "marketing templates are switched off for this API"],
      [131207, permanent, "the group is suspended"],
      [131215, permanent, "the number may not use groups"],
      [132000, permanent, "the template has another number of parameters"],
      [132001, permanent, "the template does not exist in this language, or it is not approved"],
      [132005, permanent, "the template's text becomes too long"],
      [132007, permanent, "the template's text violates a policy"],
      [132008, permanent, "a parameter does not match the template"],
      [132012, permanent, "a parameter does not have the format of the template"],
      [132015, permanent, "the template is paused for its low quality"],
      [132016, permanent, "the template is disabled for its low quality"],
      [132068, permanent, "the flow is blocked"],
      [132069, permanent, "the flow is throttled"],
      [134100, permanent, "only marketing templates can be sent with this API"],
      [137000, permanent, "the person's identity has changed"],
    ] as const
  ).map(([code, reaction, message]) => [code, { reaction, message }]),
);

/** The meaning of an error code; undefined if it is unknown. */
export function meaningOf(code: number): Meaning | undefined {
  if (code >= 200 && code <= 299) return { reaction: paused, message: "a permission is missing" };
  return MEANINGS.get(code);
}
