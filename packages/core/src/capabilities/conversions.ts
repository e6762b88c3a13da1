import type { Conversion } from "../domain/conversions.ts";
import type { Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import {
  DEFAULT_POLICY,
  DEFAULT_RETRY,
  EXPIRES_AFTER_MS,
  type QueuePolicies,
  type RetryPolicy,
} from "./queue-policy.ts";

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
  /**
   * The rate of the requests of all workers together, uploads and status checks: one per `intervalMs` on average, and
   * bursts of up to `burst`. A request is sent up to {@link LATEST_REQUEST_MS} after its turn.
   */
  requestRate: { intervalMs: number; burst: number };
  /** How long in ms to wait for the next status check of a batch after so many checks without a result. */
  statusCheckAfterMs(checks: number): number;
  /** How long in ms the platform may process a batch before its job becomes a dead letter. */
  processingLimitMs: number;
  /**
   * How long in ms to wait before conversions are uploaded again that the platform itself failed to process. Undefined
   * after the last of so many attempts.
   */
  retryAfterMs(attempts: number): number | undefined;
  /** Scopes that pause an account's uploads, e.g. `google:project`, `google:account:123`. */
  scopes(accountId: string): readonly string[];
  send(batch: ConversionBatch, context: UploadContext): Promise<BatchResponse>;
  outcome(requestId: string, accountId: string, context: UploadContext): Promise<BatchOutcome>;
};

/**
 * How late a request may be sent, in ms. A later one waits for another turn: after a pause, or a time without a worker,
 * all requests would be sent at once.
 */
export const LATEST_REQUEST_MS = 5_000;

/**
 * An upload can wait for hours without loss, and repeating it is harmless, so it has more attempts than the default. From
 * the 13th attempt on the delay is up to 1 h, and the 16th is at most 5 h 8 min after the first.
 */
const RETRY_UPLOADS: RetryPolicy = { ...DEFAULT_RETRY, attempts: 16 };

/** The queue of the batches to upload and of their status checks. */
export const CONVERSION_QUEUES = {
  uploads: { ...DEFAULT_POLICY, retry: RETRY_UPLOADS, expiresAfterMs: EXPIRES_AFTER_MS.conversion },
} satisfies QueuePolicies;
