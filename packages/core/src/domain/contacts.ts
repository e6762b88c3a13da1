/** One name of a person on a channel. */
export type Identity = {
  /** Id of the integration that assigns the external id; `email` or `phone` when no integration does. */
  channel: string;
  /**
   * wa_id, BSUID, Telegram user id, e-mail address, or the id of a lead that has neither e-mail address nor phone number.
   * On the channel `phone`, 5 to 15 digits with the country code and without `+`: another notation is another person.
   */
  externalId: string;
  /**
   * Whether the identity names one person for good (BSUID, Telegram user id) or is transferable (a phone number).
   * When they disagree, the stable identity decides which contact it is, and the transferable one moves there.
   */
  stable: boolean;
};

/** What a platform reports about a person besides identities; an undefined field changes nothing. */
export type Profile = {
  name?: string | undefined;
  username?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
};

/** A person with at least one identity. */
export type Person = { identities: readonly [Identity, ...Identity[]]; profile: Profile };
