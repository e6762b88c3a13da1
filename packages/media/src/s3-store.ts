import { Readable } from "node:stream";
import { DeleteObjectCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import type { MediaConfig } from "./env.ts";
import type { FileStore } from "./file-store.ts";
import { noFile } from "./key.ts";
import { measure } from "./measure.ts";
import { s3Error } from "./s3-error.ts";

/** How long a connection attempt may take, and how long a connection may be idle during a request, in ms. */
const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;

/** Types of a file of unknown type: the store's own, and S3's default. */
const UNKNOWN_TYPES: ReadonlySet<string | undefined> = new Set(["application/octet-stream", "binary/octet-stream"]);

/**
 * Stores files as objects in a bucket. A file of up to 5 MB is uploaded in one call. A larger one is uploaded in parts, one
 * after the other, and is readable after the last part. The caller checks the keys with checkKey.
 */
export function s3Store(config: Extract<MediaConfig, { store: "s3" }>, scope: string): FileStore {
  const { bucket: Bucket } = config;
  const client = new S3Client({
    region: config.region,
    // Other S3-compatible servers need the bucket in the path, and many do not support AWS's newer checksums.
    ...(config.endpoint === undefined
      ? {}
      : {
          endpoint: config.endpoint,
          forcePathStyle: true,
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED",
        }),
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
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
        // One part at a time: after a failure no other part can arrive once the upload is aborted.
        await new Upload({ client, params, queueSize: 1 }).done();
        return { key: Key, store: "s3", mimeType, ...measured.result() };
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
