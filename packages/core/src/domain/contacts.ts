/** One name of a person on a channel. */
export type Identity = {
  /** Id of the integration that assigns the external id; `email` or `phone` when no integration does. */
  channel: string;
  /**
   * wa_id, BSUID, Telegram user id, e-mail address, phone number in digits, or the id of a lead that has neither e-mail
   * address nor phone number.
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

/** Contacts, each with any number of identities. */
export type ContactStore = {
  /**
   * Returns the contact with these identities and creates it when there is none. Afterwards the contact owns all of
   * them. Contacts that share them are merged, but two stable identities of one channel are merged only when one call
   * names both.
   */
  resolve(tenantId: string, identities: readonly [Identity, ...Identity[]], profile: Profile): Promise<string>;
  /**
   * Merges two contacts after the platform reported that the person of `previous` is now the person of `current`. The
   * conversations, messages, cases and leads of both belong to the contact that it returns.
   */
  join(
    tenantId: string,
    previous: readonly Identity[],
    current: readonly [Identity, ...Identity[]],
    profile: Profile,
  ): Promise<string>;
  /**
   * Records whether the person accepts marketing messages. The latest `at` wins; of two with the same time, the opt-out
   * wins.
   */
  setMarketing(contactId: string, allowed: boolean, at: Date): Promise<void>;
};
