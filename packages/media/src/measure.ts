import { createHash } from "node:crypto";
import { permanent } from "@millrace/core";

/** A file that streams through, with its measurements. */
export type Measured = {
  chunks: AsyncIterable<Uint8Array>;
  /** The error of the file's source; undefined when the source did not fail. */
  failure(): unknown;
  /** SHA-256 in lower-case hex, and size, of all chunks. Call it once, after the last chunk. */
  result(): { sha256: string; sizeBytes: number };
};

/** Hashes and counts a file while it streams, and fails when it is larger than `maxBytes`. */
export function measure(body: AsyncIterable<Uint8Array>, maxBytes: number): Measured {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let failure: unknown;
  let isYielded = false;
  async function* chunks(): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of body) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > maxBytes) throw permanent(`the file is larger than ${maxBytes} bytes`, "too_large");
        hash.update(chunk);
        isYielded = true;
        yield chunk;
        isYielded = false;
      }
    } catch (error) {
      // While a chunk is yielded, the error is the reader's and not the source's.
      if (!isYielded) failure = error;
      throw error;
    }
  }
  return { chunks: chunks(), failure: () => failure, result: () => ({ sha256: hash.digest("hex"), sizeBytes }) };
}
