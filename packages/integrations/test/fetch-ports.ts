import { type FetchPorts, unavailable } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The time of the ports' clock, and the time at which ingest received the events of {@link inboundEvent}. */
export const NOW = new Date("2026-11-23T08:00:00.000Z");

const TENANT_ID = "019ab000-0000-7000-8000-0000000000ff";

/**
 * The ports of a fetch. Every account belongs to a tenant, and a call to the provider fails like a lost network. Written
 * files are added to `files`.
 */
export function fetchPorts(files: Map<string, Uint8Array> = new Map()): FetchPorts {
  return {
    http: () => Promise.reject(unavailable("network failure: ECONNREFUSED")),
    accounts: { tenantOf: () => Promise.resolve(TENANT_ID) },
    media: {
      read: () => Promise.reject(new Error("no read is expected")),
      async write(key, body, { mimeType }) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of body) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        files.set(key, bytes);
        return { key, store: "test", sha256: "", sizeBytes: bytes.length, mimeType };
      },
    },
    log: recordingLogger().log,
    now: () => NOW,
    signal: new AbortController().signal,
  };
}
