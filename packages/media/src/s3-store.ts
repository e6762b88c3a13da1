import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { MediaConfig } from "./env.ts";
import type { FileStore } from "./file-store.ts";
import { noFile } from "./key.ts";
import { measure } from "./measure.ts";
import { s3Error } from "./s3-error.ts";

/** How long a connection may take to be made, and to say nothing, in ms. */
const CONNECT_MS = 5_000;
const SILENCE_MS = 60_000;

/** What a file of unknown type is given: by us, by S3 itself. */
const UNKNOWN_TYPES: ReadonlySet<string | undefined> = new Set(["application/octet-stream", "binary/octet-stream"]);

/**
 * Files as objects of a bucket. A file of up to 5 MB is put in one call, a larger one in parts, one after the other,
 * and the bucket shows it when the last is there. Keys must have passed checkKey.
 */
export function s3Store(config: Extract<MediaConfig, { store: "s3" }>, scope: string): FileStore {
  const { bucket: Bucket } = config;
  const client = new S3Client({
    region: config.region,
    // Other makers' servers know no bucket by its host name, and often no checksums of AWS's newer kind.
    ...(config.endpoint === undefined
      ? {}
      : {
          endpoint: config.endpoint,
          forcePathStyle: true,
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED",
        }),
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  });
  return {
    async read(Key) {
      try {
        const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key }));
        if (!Body) throw noFile();
        const bytes = await Body.transformToByteArray();
        return { bytes, mimeType: UNKNOWN_TYPES.has(ContentType) ? undefined : ContentType };
      } catch (error) {
        throw s3Error(error, scope);
      }
    },

    async write(Key, body, { mimeType, maxBytes }) {
      const measured = measure(body, maxBytes);
      const Body = Readable.from(measured.chunks, { objectMode: false });
      try {
        const params = { Bucket, Key, Body, ContentType: mimeType ?? "application/octet-stream" };
        // One part at a time: when it fails, no other is on its way that could arrive after the upload was aborted.
        await new Upload({ client, params, queueSize: 1 }).done();
        return { key: Key, store: "s3", mimeType, ...measured.facts() };
      } catch (error) {
        throw measured.failure() ?? s3Error(error, scope);
      } finally {
        Body.destroy();
      }
    },

    async remove(Key) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key }));
      } catch (error) {
        throw s3Error(error, scope);
      }
    },
  };
}
