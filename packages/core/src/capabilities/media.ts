import type { Media } from "../domain/messages.ts";
import type { Channel } from "../domain/thread.ts";
import type { Download, Http } from "../http/http.ts";
import type { Now } from "../runtime/clock.ts";
import type { Logger } from "../runtime/logger.ts";
import { DEFAULT_POLICY, EXPIRES_AFTER_MS, FILE_DEADLINE_MS, type QueuePolicies } from "./queue-policy.ts";

/** A file in a message that we received, or the recording of a call. */
export type ReceivedMedia = { channel: Channel; accountId: string; media: Media };

/** Fetches the files of a channel. */
export type MediaSource = {
  /** Scopes that pause the job, e.g. `whatsapp:1065`. */
  scopes(target: { accountId: string }): readonly string[];
  /** Largest file in bytes. */
  maxBytes: number;
  /**
   * Opens a file for reading.
   * @throws ProviderError permanent when the provider no longer has it
   */
  open(
    announced: ReceivedMedia,
    context: { http: Http; download: Download; log: Logger; now: Now; signal: AbortSignal },
  ): Promise<{
    body: AsyncIterable<Uint8Array>;
    mimeType: string | undefined;
    /** SHA-256 in lower-case hex, and size, as the provider reports them; the worker compares the bytes with them. */
    sha256: string | undefined;
    sizeBytes: number | undefined;
  }>;
};

/** The queue of the files to fetch. */
export const MEDIA_QUEUES = {
  media: { ...DEFAULT_POLICY, deadlineMs: FILE_DEADLINE_MS, expiresAfterMs: EXPIRES_AFTER_MS.media },
} satisfies QueuePolicies;
