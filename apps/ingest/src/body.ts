import type { IncomingMessage } from "node:http";

/** The body was larger than allowed; what was read of it is dropped. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** The caller went away, or was too slow, before the body was whole. */
export class BodyIncompleteError extends Error {
  override readonly name = "BodyIncompleteError";
}

/** How long what follows a too large body is still read and dropped, in ms, so that its sender gets to read the answer. */
const LINGER_MS = 1_000;

/**
 * Reads a request's body as it came over the wire, keeping at most `maxBytes` of it.
 * @throws BodyTooLargeError when more are announced or have come
 * @throws BodyIncompleteError when the connection ends before the body does
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    let tooLarge = false;
    const refuse = () => {
      tooLarge = true;
      chunks = [];
      setTimeout(() => reject(new BodyTooLargeError()), LINGER_MS).unref();
    };
    if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) refuse();
    incoming.on("data", (chunk: Buffer) => {
      if (tooLarge) return;
      length += chunk.length;
      if (length > maxBytes) refuse();
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
