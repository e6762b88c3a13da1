/**
 * Returns the bytes of an upload. A client may send chunks: each has its size in hex before it, and a trailer follows the
 * last. Returns undefined if the chunks are incomplete.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export function uploadedBytes(raw: Uint8Array, headers: { sha256: string | undefined; encoding: string | undefined }) {
  const chunked = headers.sha256?.startsWith("STREAMING-") || headers.encoding?.includes("aws-chunked");
  return chunked ? joinChunks(Buffer.from(raw)) : raw;
}

function joinChunks(raw: Buffer): Uint8Array | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = raw.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(raw.toString("latin1", at, lineEnd), 16);
    if (size === 0) return Buffer.concat(chunks);
    const from = lineEnd + 2;
    if (!(size > 0) || raw.toString("latin1", from + size, from + size + 2) !== "\r\n") return undefined;
    chunks.push(raw.subarray(from, from + size));
    at = from + size + 2;
  }
}
