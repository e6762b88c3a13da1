import type { AdapterContext } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

const unexpected = () => Promise.reject(new Error("no call is expected"));

/** The context of a handler that makes no calls. Written files are added to `written`. */
export function adapterContext(written: Map<string, Uint8Array> = new Map()): AdapterContext {
  return {
    http: unexpected,
    accounts: { tenantOf: unexpected },
    media: {
      read: unexpected,
      async write(key, body, { mimeType }) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        written.set(key, bytes);
        return { key, store: "test", sha256: "", sizeBytes: bytes.length, mimeType };
      },
    },
    formats: [],
    log: recordingLogger().log,
    now: () => new Date("2026-11-01T00:00:00.000Z"),
    newId: () => "id",
    signal: new AbortController().signal,
  };
}
