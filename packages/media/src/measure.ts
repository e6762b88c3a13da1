import { createHash } from "node:crypto";
import { permanent } from "@millrace/core";

/** A file on its way through, and what is known of it once it has passed. */
export type Measured = {
  chunks: AsyncIterable<Uint8Array>;
  /** What the source of the file broke off with; undefined when it did not. */
  failure(): unknown;
  /** SHA-256 in lower-case hex, and size, of all that has passed; to be asked once, at the end. */
  facts(): { sha256: string; sizeBytes: number };
};

/** Hashes and counts a file while it streams, and breaks it off when it is larger than `maxBytes`. */
export function measure(body: AsyncIterable<Uint8Array>, maxBytes: number): Measured {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let failure: unknown;
  let isOut = false;
  async function* chunks(): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of body) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > maxBytes) throw permanent(`the file is larger than ${maxBytes} bytes`, "too_large");
        hash.update(chunk);
        isOut = true;
        yield chunk;
        isOut = false;
      }
    } catch (error) {
      // While a chunk is out, an error is the reader's, who has no use for more.
      if (!isOut) failure = error;
      throw error;
    }
  }
  return { chunks: chunks(), failure: () => failure, facts: () => ({ sha256: hash.digest("hex"), sizeBytes }) };
}
