import type { Download, Http } from "../http/http.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Now } from "../runtime/clock.ts";
import type { Channel, Media } from "./conversations.ts";

/** A file in the media store. */
export type StoredMedia = {
  /** Its name in the store. */
  key: string;
  /** Which store it is in: `folder` or `s3`. */
  store: string;
  /** SHA-256 of its bytes in lower-case hex. */
  sha256: string;
  sizeBytes: number;
  mimeType: string | undefined;
};

/** Reads files from the store. */
export type MediaReader = {
  /** The bytes of a file. Throws ProviderError permanent when there is none under the key. */
  read(key: string): Promise<{ bytes: Uint8Array; mimeType: string | undefined }>;
};

/** Where files are kept; a folder or an S3-compatible store. */
export type MediaStore = MediaReader & {
  /**
   * Writes a file under a key; what was there is replaced, and a file that breaks off leaves nothing.
   * @throws ProviderError permanent when it is larger than `maxBytes`
   */
  write(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: { mimeType: string | undefined; maxBytes: number },
  ): Promise<StoredMedia>;
};

/** A file that somebody sent us. */
export type ReceivedMedia = { channel: Channel; accountId: string; media: Media };

/** Fetches the files of a channel. */
export type MediaSource = {
  /** What the job must wait for when it is held. */
  scopes(place: { accountId: string }): readonly string[];
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
    /** SHA-256 in lower-case hex, and size, as the provider gives them; what was read is checked against them. */
    sha256: string | undefined;
    sizeBytes: number | undefined;
  }>;
};
