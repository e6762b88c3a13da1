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

/** The transaction id of a sale without an order number: a lead or a conversation is won once. */
export function defaultTransactionId(subject: "lead" | "conversation", subjectId: string): string {
  return `${subject}-${subjectId}`;
}

/** A sale that a caller reports for a lead or a conversation. */
export type Sale = {
  /** The caller's order number, or derived from the subject. No personal data. */
  transactionId: string;
  /** RFC 3339 with an offset, unchanged. */
  wonAt: string;
  /** A decimal, unchanged, e.g. `12.50`. */
  value?: string | undefined;
  /** ISO 4217. */
  currency?: string | undefined;
  consent: Conversion["consent"];
  /** What single platforms need besides, by integration id. */
  details?: Readonly<Record<string, unknown>> | undefined;
};
