import { createHash } from "node:crypto";
import {
  type ReceivedMedia,
  type Channel,
  type Download,
  type Http,
  type InboundEvent,
  type Logger,
  type MediaSource,
  type Now,
  permanent,
  ProviderError,
  retryable,
} from "@millrace/core";
import type { Inbox, StoredMediaRecords } from "@millrace/db";
import type { OpenMediaStore } from "@millrace/media";
import type { EventProcessor } from "@millrace/queue";
import { z } from "zod";

/** What a media processor is made of. */
export type MediaProcessorParts = {
  integration: MediaSource;
  store: OpenMediaStore;
  inbox: Inbox;
  storedMedia: StoredMediaRecords;
  isOutage(error: unknown): boolean;
  http: Http;
  download: Download;
  log: Logger;
  now: Now;
};

/** A file that came with a message. */
const announcedSchema = z.object({
  channel: z.custom<Channel>((value) => typeof value === "string" && /^[a-z]+$/.test(value)),
  accountId: z.string().min(1),
  /** The message's. */
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

/**
 * The way of a file through the worker: is it there already, open it at the platform, into the store, its place into the
 * message's row. Each step may be repeated: the same message always has the same key.
 */
export function createMediaProcessor({ integration, store, ...parts }: MediaProcessorParts): EventProcessor {
  const { inbox, storedMedia, now } = parts;
  return {
    scopes: (event) => [...integration.scopes(announcedIn(event)), store.scope],
    // A provider or a store of files that is away is no outage of Postgres, though its code may look like one.
    isOutage: (error) => !(error instanceof ProviderError) && parts.isOutage(error),
    async process(event, signal) {
      if (await inbox.isDone(event)) return { result: "duplicate", noCall: true };
      const announced = announcedIn(event);
      const gone = { result: "ignored", detail: "its message is gone" } as const;
      const message = await storedMedia.find(announced);
      if (!message) return { ...(await inbox.applyOnce(event, async () => gone)), noCall: true };
      if (message.key === undefined) {
        const stored = await fetchFile({ integration, store, ...parts }, announced, signal);
        signal.throwIfAborted();
        if (!(await storedMedia.record(announced, stored, now()))) {
          // It was erased meanwhile: nobody would find the file to remove it.
          await store.remove(stored.key);
          return inbox.applyOnce(event, async () => gone);
        }
      }
      return inbox.applyOnce(event, async () => ({ result: "written" }));
    },
  };
}

function announcedIn(event: InboundEvent): ReceivedMedia & { externalId: string } {
  const parsed = announcedSchema.safeParse(event.payload);
  if (parsed.success) return parsed.data;
  throw permanent("the job's payload announces no file");
}

async function fetchFile(
  { integration, store, http, download, log, now }: MediaProcessorParts,
  announced: ReceivedMedia & { externalId: string },
  signal: AbortSignal,
) {
  // Whatever ends the attempt, a download that is still open ends with it.
  const over = new AbortController();
  try {
    const context = { http, download, log, now, signal: AbortSignal.any([signal, over.signal]) };
    const opened = await integration.open(announced, context);
    const { media } = announced;
    const body = asAnnounced(opened.body, {
      hashes: [opened.sha256, media.sha256].flatMap((hash) => hexOf(hash) ?? []),
      sizes: [opened.sizeBytes, media.sizeBytes].filter((size) => size !== undefined),
    });
    const options = { mimeType: opened.mimeType ?? media.mimeType, maxBytes: integration.maxBytes };
    return await store.write(keyOf(announced), body, options);
  } finally {
    over.abort();
  }
}

/** The file's name in the store, which tells nothing of whose it is: external ids hold chat ids, and phone numbers. */
function keyOf({ channel, accountId, externalId }: ReceivedMedia & { externalId: string }): string {
  const account = /^[A-Za-z0-9_-]{1,64}$/.test(accountId) ? accountId : sha256(accountId);
  return `incoming/${channel}/${account}/${sha256(externalId)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Passes a file through and breaks it off at its end if it is not what was announced: then the store keeps nothing. */
async function* asAnnounced(
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
    throw retryable("the file is not the one that was announced", { code: "other_file" });
  }
}

/** A SHA-256 as hex, from hex or base64; undefined for what is neither and can be compared with nothing. */
function hexOf(hash: string | undefined): string | undefined {
  if (hash === undefined) return undefined;
  if (/^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(hash) ? Buffer.from(hash, "base64").toString("hex") : undefined;
}
