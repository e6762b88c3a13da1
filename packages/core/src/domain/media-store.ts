/** A file in the media store. */
export type StoredMedia = {
  key: string;
  /** `folder` or `s3`. */
  store: string;
  /** SHA-256 of the bytes in lower-case hex. */
  sha256: string;
  sizeBytes: number;
  mimeType: string | undefined;
};

/** Reads files from the media store. */
export type MediaReader = {
  /** Returns the bytes of a file. Throws ProviderError permanent when the store has no file under the key. */
  read(key: string): Promise<{ bytes: Uint8Array; mimeType: string | undefined }>;
};

/** The media store: a folder or an S3-compatible bucket. */
export type MediaStore = MediaReader & {
  /**
   * Writes a file and replaces the one that the key had. A body that fails midway leaves no file behind.
   * @throws ProviderError permanent when the file is larger than `maxBytes`
   */
  write(
    key: string,
    body: AsyncIterable<Uint8Array>,
    options: { mimeType: string | undefined; maxBytes: number },
  ): Promise<StoredMedia>;
};
