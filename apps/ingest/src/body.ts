import type { IncomingMessage } from "node:http";

/** The body was larger than allowed; what was read of it is dropped. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/** The caller went away, or was too slow, before the body was whole. */
export class BodyIncompleteError extends Error {
  override readonly name = "BodyIncompleteError";
}

/**
 * Reads a request's body as it came over the wire.
 * @throws BodyTooLargeError as soon as more than `maxBytes` are announced or have come
 * @throws BodyIncompleteError when the connection ends before the body does
 */
export function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(new BodyTooLargeError());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) {
        incoming.removeAllListeners("data");
        incoming.pause();
        reject(new BodyTooLargeError());
      } else chunks.push(chunk);
    });
    incoming.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    incoming.on("error", () => reject(new BodyIncompleteError()));
    incoming.on("close", () => reject(new BodyIncompleteError()));
  });
}
