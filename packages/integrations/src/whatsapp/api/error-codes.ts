/** What to do about an error. */
type Reaction =
  | { kind: "retry"; attempts?: number }
  /**
   * The number or only the conversation waits `seconds`, four times as long after each further time, up to `upTo`.
   * https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
   */
  | { kind: "wait"; who: "number" | "conversation"; seconds: number; upTo: number }
  | { kind: "park" }
  | { kind: "give_up" };

/** An error in our own words. */
export type Meaning = { reaction: Reaction; words: string };

const retry: Reaction = { kind: "retry" };
const park: Reaction = { kind: "park" };
const giveUp: Reaction = { kind: "give_up" };
const MINUTE = 60;
const HOUR = 3600;

function wait(who: "number" | "conversation", seconds: number, upTo = seconds): Reaction {
  return { kind: "wait", who, seconds, upTo };
}

/**
 * WhatsApp's error codes; the same come in the answer to a call and, later, in a message's status.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/error-codes
 */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map(
  (
    [
      [1, retry, "WhatsApp has trouble"],
      [2, retry, "WhatsApp is overloaded or down for a moment"],
      [131000, retry, "something went wrong at WhatsApp"],
      [131016, retry, "a service of WhatsApp's is down for a moment"],
      [133004, retry, "WhatsApp's server is down for a moment"],
      [135000, { kind: "retry", attempts: 2 }, "WhatsApp stumbled over the request and does not say at what"],

      [4, wait("number", 5 * MINUTE), "the app makes too many calls"],
      [80007, wait("number", 5 * MINUTE), "the business account makes too many calls"],
      [130429, wait("number", 1, MINUTE), "the number sends too many messages a second"],
      [131056, wait("conversation", 1, HOUR), "too many messages to this person in a short time"],
      [131057, wait("number", 2 * MINUTE), "the business account is under maintenance"],
      [2494100, wait("number", 2 * MINUTE), "the number is under maintenance"],
      // Only this template: other conversations need not wait for it.
      [134101, wait("conversation", 10 * MINUTE), "the template is new and not ready yet"],
      [133016, wait("number", HOUR), "the number was registered too often and is blocked for a while"],
      [131048, wait("number", HOUR), "too many of the number's messages were blocked or reported as spam"],
      [131208, wait("conversation", MINUTE, HOUR), "too much was done in groups in a short time"],

      [0, park, "the access token is not valid"],
      [190, park, "the access token is not valid any more"],
      [3, park, "the app lacks a capability or permission"],
      [10, park, "a permission is missing"],
      [131005, park, "a permission is missing"],
      [33, park, "the number was deleted, or its id is wrong"],
      [368, park, "the business account is restricted for violating a policy"],
      [131031, park, "the business account is locked"],
      [131037, park, "the number's display name is not approved"],
      [131042, park, "the business account's payment method has a problem"],
      [131045, park, "the number's registration is broken"],
      [131064, park, "the business must be verified"],
      [133010, park, "the number is not registered"],
      [134011, park, "the terms of WhatsApp's payments are not accepted"],

      [100, giveUp, "WhatsApp does not accept a parameter"],
      [130472, giveUp, "Meta does not deliver it because of an experiment with marketing messages"],
      [130497, giveUp, "the business may not write to people in this country"],
      [131008, giveUp, "a parameter is missing"],
      [131009, giveUp, "a value is not valid"],
      [131020, giveUp, "the group has no other members"],
      [131021, giveUp, "a number cannot write to itself"],
      [131026, giveUp, "it cannot be delivered: no WhatsApp there, an old app, or terms not accepted"],
      [131030, giveUp, "a test number writes only to people on its list"],
      [131041, giveUp, "there is no such group, or the number is not in it"],
      [131047, giveUp, "more than 24 hours have passed since the person last wrote: only a template can be sent"],
      [131049, giveUp, "Meta holds marketing messages to this person back: try again after 24 hours at the earliest"],
      [131050, giveUp, "the person has stopped marketing messages"],
      [131051, giveUp, "the type of message is not supported"],
      [131052, giveUp, "WhatsApp cannot fetch the file that a person sent"],
      [131053, giveUp, "WhatsApp cannot take the file"],
      [131055, giveUp, "this way of sending is not for this category of template"],
      [131062, giveUp, "this template needs the person's phone number"],
      [131063, giveUp, "marketing templates are switched off for this way of sending"],
      [131207, giveUp, "the group is suspended"],
      [131215, giveUp, "the number may not use groups"],
      [132000, giveUp, "the template has another number of parameters"],
      [132001, giveUp, "there is no such template in this language, or it is not approved"],
      [132005, giveUp, "the template's text becomes too long"],
      [132007, giveUp, "the template's text violates a policy"],
      [132008, giveUp, "a parameter does not fit the template"],
      [132012, giveUp, "a parameter has not the format that the template asks for"],
      [132015, giveUp, "the template is paused for its low quality"],
      [132016, giveUp, "the template is disabled for its low quality"],
      [132068, giveUp, "the flow is blocked"],
      [132069, giveUp, "the flow is throttled"],
      [134100, giveUp, "only marketing templates can be sent this way"],
      [137000, giveUp, "the person's identity has changed"],
    ] as const
  ).map(([code, reaction, words]) => [code, { reaction, words }]),
);

/** What an error code means; undefined for one that we do not know. */
export function meaningOf(code: number): Meaning | undefined {
  if (code >= 200 && code <= 299) return { reaction: park, words: "a permission is missing" };
  return MEANINGS.get(code);
}
