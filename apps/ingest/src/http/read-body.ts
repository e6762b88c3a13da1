import type { IncomingMessage } from "node:http";

/** The body is larger than the limit. The part that was read is discarded. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** The caller closed the connection, or was too slow, before the body was complete. */
export class BodyIncompleteError extends Error {
  override readonly name = "BodyIncompleteError";
}

/** How long the rest of a too large body is read and discarded, in ms, so that the sender can read the response. */
const LINGER_MS = 1_000;

/**
 * Reads the raw body of a request, at most `maxBytes` of it. Hand-written because `raw-body` rejects at once and leaves the
 * rest unread: the sender then gets a reset connection in place of the 413.
 * @throws BodyTooLargeError when the announced or the received length is larger
 * @throws BodyIncompleteError when the connection ends before the body does
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    let tooLarge = false;
    const rejectTooLarge = () => {
      tooLarge = true;
      chunks = [];
      setTimeout(() => reject(new BodyTooLargeError()), LINGER_MS).unref();
    };
    if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) rejectTooLarge();
    incoming.on("data", (chunk: Buffer) => {
      if (tooLarge) return;
      length += chunk.length;
      if (length > maxBytes) rejectTooLarge();
      else chunks.push(chunk);
    });
    incoming.on("end", () => {
      if (tooLarge) reject(new BodyTooLargeError());
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    incoming.on("close", () => {
      if (!incoming.complete) reject(new BodyIncompleteError());
    });
    incoming.on("error", () => reject(new BodyIncompleteError()));
  });
}
