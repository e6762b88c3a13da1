import type { Conversion } from "../domain/conversions.ts";
import type { Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";

/** The ports that an upload uses. */
export type UploadContext = { http: Http; log: Logger; now: Now; signal: AbortSignal };

/** Conversions of one account and action, each under the id of its row. */
export type ConversionBatch = {
  accountId: string;
  actionId: string;
  conversions: readonly (Conversion & { id: string })[];
};

/** The platform's immediate response to a batch. */
export type BatchResponse =
  /** The platform accepted the whole batch under this id. */
  | { accepted: true; requestId: string }
  /**
   * The platform accepted none of the batch. Those in `rejected` are invalid; the others may be sent again. When the list
   * is empty, the platform did not name the invalid ones: the worker then splits the batch in half.
   */
  | { accepted: false; reason: string; rejected: readonly { id: string; reason: string }[] };

/** The status of an accepted batch. */
export type BatchOutcome =
  | { state: "processing" }
  | {
      state: "success" | "partial" | "failed";
      /** How many conversions the platform rejected, by its own reason. */
      errors: readonly { reason: string; count: number }[];
      /** How many conversions the platform accepted with a warning, by its own reason. */
      warnings: readonly { reason: string; count: number }[];
      /**
       * Whether the platform rejected some because of an error of its own, so that the batch can be sent again. It
       * reports those that it accepted before as accepted.
       */
      retry: boolean;
    };

/** Uploads conversions to a platform. Every method throws ProviderError only. */
export type ConversionUploads = {
  /** Most conversions in a request. */
  maxBatch: number;
  /** Delay in ms between the upload of a batch and the first status check. */
  firstCheckAfterMs: number;
  /** Requests per minute of all workers together: uploads and status checks. */
  requestsPerMinute: number;
  /** Scopes that pause an account's uploads, e.g. `google:project`, `google:account:123`. */
  scopes(accountId: string): readonly string[];
  send(batch: ConversionBatch, context: UploadContext): Promise<BatchResponse>;
  outcome(requestId: string, accountId: string, context: UploadContext): Promise<BatchOutcome>;
};
