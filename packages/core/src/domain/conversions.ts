import type { Http } from "../http/http.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Now } from "../runtime/clock.ts";

/** What a person allowed; absent where nobody said. */
export type ConsentStatus = "granted" | "denied";

/** A click on an ad, by the id that its landing page was opened with. */
export type Click = { kind: "gclid" | "gbraid" | "wbraid"; id: string };

/** A sale that followed a click, as it is kept and uploaded: hashed, checked, nobody's name in it. */
export type Conversion = {
  /** The caller's own, or made of the content: the same sale is uploaded once. Holds no personal data. */
  transactionId: string;
  /** The advertiser's account and the conversion action in it, by their numbers at the platform. */
  accountId: string;
  actionId: string;
  click: Click;
  /** RFC 3339 with its zone, as it was told. */
  convertedAt: string;
  /** A decimal as it was told, e.g. `12.50`. */
  value?: string | undefined;
  /** ISO 4217. */
  currency?: string | undefined;
  /** SHA-256 in hex, over what the platform's rules make of it. */
  emailHash?: string | undefined;
  phoneHash?: string | undefined;
  consent: { adUserData?: ConsentStatus | undefined; adPersonalization?: ConsentStatus | undefined };
  /** Where it happened, in the platform's words, e.g. `WEB`. */
  eventSource: string;
};

/** Why a conversion is not uploaded for now: uploads are switched off, or nobody said that its data may be used. */
export const HELD_REASONS = ["switched_off", "no_consent"] as const;
/** See {@link HELD_REASONS}. */
export type HeldReason = (typeof HELD_REASONS)[number];

/** A conversion of a tenant; of a lead or a conversation, where it was such a one that was won. */
export type NewConversion = Conversion & {
  tenantId: string;
  /** Absent: it is to be uploaded. */
  held?: HeldReason | undefined;
  leadId?: string;
  conversationId?: string;
};

/** Where conversions are kept until they are uploaded. */
export type ConversionStore = {
  /**
   * Keeps a conversion. False when the action has one of that transaction id already; but where that one is held because
   * nobody said that its data may be used, it takes over what is said of that now, and goes on.
   */
  add(conversion: NewConversion): Promise<boolean>;
};

/** What an upload is given: ports, never the things behind them. */
export type UploadContext = { http: Http; log: Logger; now: Now; signal: AbortSignal };

/** Conversions of one account and action, each under its row's id. */
export type ConversionBatch = {
  accountId: string;
  actionId: string;
  conversions: readonly (Conversion & { id: string })[];
};

/** What the platform said at once to a batch. */
export type BatchResponse =
  /** It has taken them all, under this id. */
  | { accepted: true; requestId: string }
  /**
   * It has taken none, because of these: they are rejected, and the others may be sent again. None is named where it does
   * not tell which: then the batch is to be halved.
   */
  | { accepted: false; reason: string; rejected: readonly { id: string; reason: string }[] };

/** What has become of a batch that was taken. */
export type BatchOutcome =
  | { state: "processing" }
  | {
      state: "success" | "partial" | "failed";
      /** How many were refused for which reason, in the platform's words. */
      errors: readonly { reason: string; count: number }[];
      /** How many were taken with a warning. */
      warnings: readonly { reason: string; count: number }[];
      /** Whether some were refused by the platform's own fault. Sent again, those that it has taken count as taken. */
      retry: boolean;
    };

/** Uploads conversions to a platform. Everything throws ProviderError only. */
export type ConversionUploads = {
  /** Most conversions in a request. */
  maxBatch: number;
  /** When the platform is asked first what became of a batch, in ms after it was sent. */
  firstCheckAfterMs: number;
  /** Requests that all workers together may make in a minute, to upload and to ask. */
  requestsPerMinute: number;
  /** What an account's uploads must wait for while it is held, e.g. `google:project`, `google:account:123`. */
  scopes(accountId: string): readonly string[];
  send(batch: ConversionBatch, context: UploadContext): Promise<BatchResponse>;
  outcome(requestId: string, accountId: string, context: UploadContext): Promise<BatchOutcome>;
};
