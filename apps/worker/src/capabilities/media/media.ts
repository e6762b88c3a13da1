import { createHash } from "node:crypto";
import {
  type ReceivedMedia,
  type Download,
  type Http,
  type InboundEvent,
  type Logger,
  type MediaSource,
  type Now,
  permanent,
  ProviderError,
  retryable,
  written,
} from "@millrace/core";
import type { Inbox, StoredMediaRecords } from "@millrace/db";
import type { OpenMediaStore } from "@millrace/media";
import type { EventProcessor } from "@millrace/queue";
import { z } from "zod";

/** Dependencies of {@link createMediaProcessor}. */
export type MediaDeps = {
  source: MediaSource;
  store: OpenMediaStore;
  inbox: Inbox;
  storedMedia: StoredMediaRecords;
  isOutage(error: unknown): boolean;
  ports: { http: Http; download: Download; log: Logger; now: Now };
};

/** The payload of a media job: a file that was received with a message. */
const payload = z.object({
  channel: z.string().regex(/^[a-z0-9-]+$/),
  accountId: z.string().min(1),
  /** The external id of the message. */
  externalId: z.string().min(1),
  media: z.object({
    id: z.string().min(1),
    mimeType: z.string().optional(),
    sha256: z.string().optional(),
    filename: z.string().optional(),
    sizeBytes: z.number().optional(),
    flavour: z.string().optional(),
  }),
});

type MediaPayload = ReceivedMedia & { externalId: string };

/**
 * Downloads a file from the platform into the media store and records its key in the message's row. Each step can run
 * again: a message's file always has the same key.
 */
export function createMediaProcessor(deps: MediaDeps): EventProcessor {
  const { source, store, inbox, storedMedia, ports } = deps;
  const completeErased = (event: InboundEvent) =>
    inbox.applyOnce(event, { result: "ignored", detail: "the message was erased", facts: [] });
  return {
    scopes: (event) => [...source.scopes(payloadOf(event)), store.scope],
    // A ProviderError means that the provider or the media store is away, also when its code looks like Postgres's.
    isOutage: (error) => !(error instanceof ProviderError) && deps.isOutage(error),
    async process(event, signal) {
      if (await inbox.isDone(event)) return { result: "duplicate", noCall: true };
      const received = payloadOf(event);
      const message = await storedMedia.find(received);
      if (!message) return { ...(await completeErased(event)), noCall: true };
      if (message.key === undefined) {
        const stored = await storeFile(deps, received, signal);
        signal.throwIfAborted();
        if (!(await storedMedia.record(received, stored, ports.now()))) {
          // The message was erased during the download. No row names the file, so no later erasure would remove it.
          await store.remove(stored.key);
          return completeErased(event);
        }
      }
      return inbox.applyOnce(event, written());
    },
  };
}

function payloadOf(event: InboundEvent): MediaPayload {
  const parsed = payload.safeParse(event.payload);
  if (parsed.success) return parsed.data;
  throw permanent("the job's payload describes no file");
}

async function storeFile({ source, store, ports }: MediaDeps, received: MediaPayload, signal: AbortSignal) {
  // Closes the download when the attempt ends, however it ends.
  const ended = new AbortController();
  try {
    const opened = await source.open(received, { ...ports, signal: AbortSignal.any([signal, ended.signal]) });
    const { media } = received;
    const body = verified(opened.body, {
      hashes: [opened.sha256, media.sha256].flatMap((hash) => toHex(hash) ?? []),
      sizes: [opened.sizeBytes, media.sizeBytes].filter((size) => size !== undefined),
    });
    const options = { mimeType: opened.mimeType ?? media.mimeType, maxBytes: source.maxBytes };
    return await store.write(keyOf(received), body, options);
  } finally {
    ended.abort();
  }
}

/** The file's key in the store. It hashes the external id, which holds chat ids and phone numbers. */
function keyOf({ channel, accountId, externalId }: MediaPayload): string {
  const account = /^[A-Za-z0-9_-]{1,64}$/.test(accountId) ? accountId : sha256(accountId);
  return `incoming/${channel}/${account}/${sha256(externalId)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Passes a file through and fails at its end if a hash or size differs, so that the store keeps no part of it. */
async function* verified(
  body: AsyncIterable<Uint8Array>,
  { hashes, sizes }: { hashes: readonly string[]; sizes: readonly number[] },
): AsyncIterable<Uint8Array> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
    yield chunk;
  }
  const digest = hash.digest("hex");
  if (hashes.some((each) => each !== digest) || sizes.some((each) => each !== sizeBytes)) {
    throw retryable("the file does not match its announced hash or size", { code: "other_file" });
  }
}

/** A SHA-256 as hex, from hex or base64; undefined for any other format, which cannot be compared. */
function toHex(hash: string | undefined): string | undefined {
  if (hash === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(hash) ? Buffer.from(hash, "base64").toString("hex") : undefined;
}
