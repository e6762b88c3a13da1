/** A person's consent; absent when the person did not answer. */
export type ConsentStatus = "granted" | "denied";

/** A click on an ad: its id, and the ads platform's name for that kind of id, e.g. `gclid`. */
export type Click = { kind: string; id: string };

/** A sale after an ad click, as it is stored and uploaded: validated, with hashed personal data only. */
export type Conversion = {
  /** The caller's own id, or a hash of the content; a second conversion with it is not uploaded. No personal data. */
  transactionId: string;
  /** The advertiser's account and its conversion action, by their numbers at the platform. */
  accountId: string;
  actionId: string;
  click: Click;
  /** RFC 3339 with an offset, unchanged. */
  convertedAt: string;
  /** A decimal, unchanged, e.g. `12.50`. */
  value?: string | undefined;
  /** ISO 4217. */
  currency?: string | undefined;
  /** SHA-256 in hex of the value normalized by the platform's rules. */
  emailHash?: string | undefined;
  phoneHash?: string | undefined;
  consent: { adUserData?: ConsentStatus | undefined; adPersonalization?: ConsentStatus | undefined };
  /** Where the sale took place, in the platform's terms, e.g. `WEB`. */
  eventSource: string;
};

/** Why a conversion is held: uploads are switched off, or consent to use its data is missing. */
export const HELD_REASONS = ["switched_off", "no_consent"] as const;
/** See {@link HELD_REASONS}. */
export type HeldReason = (typeof HELD_REASONS)[number];

/** A conversion of a tenant, linked to the lead or the conversation that was won, if there is one. */
export type NewConversion = Conversion & {
  tenantId: string;
  /** Absent when the conversion can be uploaded. */
  held?: HeldReason | undefined;
  leadId?: string;
  conversationId?: string;
};

/** Conversions that wait for their upload. */
export type ConversionStore = {
  /**
   * Stores a conversion. Returns false when the action has one with that transaction id. If the stored one is held for
   * missing consent, it adopts the consent of the new one and can be uploaded.
   */
  add(conversion: NewConversion): Promise<boolean>;
};
