import { type Context, Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";
import { uploadedBytes } from "./body.ts";
import { s3Error, xml } from "./errors.ts";
import { faultResponse, isS3Fault } from "./faults.ts";
import { createObjectStore } from "./store.ts";

/**
 * The routes of S3: objects at `/<bucket>/<key>`, with multipart uploads. Every bucket exists, and requests must have a
 * signature, which the sandbox does not verify.
 */
export function s3Routes({ now, faults, requests }: SandboxDeps): Hono {
  const store = createObjectStore();
  const storageFull = () => s3Error(503, "ServiceUnavailable", "The storage of the sandbox is full.");
  const uploadNotFound = () => s3Error(404, "NoSuchUpload", "The specified upload does not exist.");
  const bytesOf = async (c: Context) =>
    uploadedBytes(new Uint8Array(await c.req.arrayBuffer()), {
      sha256: c.req.header("x-amz-content-sha256"),
      encoding: c.req.header("content-encoding"),
    });

  const put = async (c: Context, name: string): Promise<Response> => {
    const bytes = await bytesOf(c);
    if (!bytes) return s3Error(400, "IncompleteBody", "The chunks of the body are incomplete.");
    const { partNumber, uploadId } = c.req.query();
    if (uploadId && !store.hasUpload(uploadId)) return uploadNotFound();
    const etag = uploadId
      ? store.putPart(uploadId, Number(partNumber), bytes)
      : store.put(name, bytes, { ...metadataOf(c), "last-modified": now().toUTCString() });
    if (etag === undefined) return storageFull();
    return new Response(null, { headers: { etag } });
  };

  const post = (c: Context, bucket: string, key: string): Response => {
    const { uploads, uploadId = "" } = c.req.query();
    const location = `<Bucket>${escaped(bucket)}</Bucket><Key>${escaped(key)}</Key>`;
    if (uploads !== undefined) {
      const id = store.createUpload(`${bucket}/${key}`, { ...metadataOf(c), "last-modified": now().toUTCString() });
      return xml(
        `<InitiateMultipartUploadResult>${location}<UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    const etag = store.completeUpload(uploadId);
    if (etag === undefined) return uploadNotFound();
    return xml(
      `<CompleteMultipartUploadResult>${location}<ETag>${escaped(etag)}</ETag></CompleteMultipartUploadResult>`,
    );
  };

  const get = (c: Context, name: string): Response => {
    const object = store.get(name);
    if (!object) return s3Error(404, "NoSuchKey", "The specified key does not exist.");
    const headers = { ...object.headers, "content-length": String(object.bytes.length) };
    return new Response(c.req.method === "HEAD" ? null : Buffer.from(object.bytes), { headers });
  };

  return new Hono().all("/:bucket/:key{.*}", async (c) => {
    const { bucket, key } = c.req.param();
    const signed = c.req.header("authorization") !== undefined;
    requests.record(c.req.method, c.req.url, signed);
    if (!signed) return s3Error(403, "AccessDenied", "Access Denied");
    const fault = faults.take({ api: "s3", bucket, key }, isS3Fault, () => `${c.req.method} ${bucket}/${key}`);
    if (fault !== undefined) return faultResponse(fault, c.req.raw.signal);
    const name = `${bucket}/${key}`;
    if (key === "") return new Response(null);
    if (c.req.method === "PUT") return put(c, name);
    if (c.req.method === "POST") return post(c, bucket, key);
    if (c.req.method !== "DELETE") return get(c, name);
    const upload = c.req.query("uploadId");
    if (upload === undefined) store.delete(name);
    else store.abortUpload(upload);
    return new Response(null, { status: 204 });
  });
}

/** Returns the headers that the object keeps: content type and metadata. */
function metadataOf(c: Context): Record<string, string> {
  const kept = Object.entries(c.req.header()).filter(
    ([name]) => name === "content-type" || name.startsWith("x-amz-meta-"),
  );
  return Object.fromEntries(kept);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
