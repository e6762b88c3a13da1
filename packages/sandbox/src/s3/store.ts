import { createHash } from "node:crypto";

/** An object with its headers. */
export type StoredObject = { bytes: Uint8Array; headers: Record<string, string> };

/** Objects by bucket and key, and incomplete multipart uploads. */
export type ObjectStore = {
  get(name: string): StoredObject | undefined;
  /** Returns the ETag, or undefined if the store is full. */
  put(name: string, bytes: Uint8Array, headers: Record<string, string>): string | undefined;
  delete(name: string): void;
  createUpload(name: string, headers: Record<string, string>): string;
  hasUpload(upload: string): boolean;
  /** Returns the ETag of the part, or undefined if the store is full. */
  putPart(upload: string, part: number, bytes: Uint8Array): string | undefined;
  /** Joins the parts to an object. Returns its ETag, or undefined for an unknown upload. */
  completeUpload(upload: string): string | undefined;
  abortUpload(upload: string): void;
};

/** Capacity in bytes. A full store rejects new objects and deletes none. */
const CAPACITY = 500_000_000;

/** Creates an empty {@link ObjectStore}. */
export function createObjectStore(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, { name: string; headers: Record<string, string>; parts: Map<number, Uint8Array> }>();
  let total = 0;
  let uploadCount = 0;

  const remove = (name: string) => {
    total -= objects.get(name)?.bytes.length ?? 0;
    objects.delete(name);
  };
  const store = (name: string, bytes: Uint8Array, headers: Record<string, string>, suffix = "") => {
    remove(name);
    const etag = `"${createHash("md5").update(bytes).digest("hex")}${suffix}"`;
    objects.set(name, { bytes, headers: { ...headers, etag } });
    total += bytes.length;
    return etag;
  };
  const abortUpload = (id: string) => {
    for (const part of uploads.get(id)?.parts.values() ?? []) total -= part.length;
    uploads.delete(id);
  };

  return {
    get: (name) => objects.get(name),
    put: (name, bytes, headers) => (total + bytes.length > CAPACITY ? undefined : store(name, bytes, headers)),
    delete: remove,
    createUpload(name, headers) {
      uploadCount += 1;
      uploads.set(`upload-${uploadCount}`, { name, headers, parts: new Map() });
      return `upload-${uploadCount}`;
    },
    hasUpload: (id) => uploads.has(id),
    putPart(id, part, bytes) {
      const parts = uploads.get(id)?.parts;
      if (!parts || total + bytes.length > CAPACITY) return undefined;
      total += bytes.length - (parts.get(part)?.length ?? 0);
      parts.set(part, bytes);
      return `"${createHash("md5").update(bytes).digest("hex")}"`;
    },
    completeUpload(id) {
      const upload = uploads.get(id);
      if (!upload) return undefined;
      const parts = [...upload.parts].sort(([one], [two]) => one - two).map(([, bytes]) => bytes);
      abortUpload(id);
      return store(upload.name, Buffer.concat(parts), upload.headers, `-${parts.length}`);
    },
    abortUpload,
  };
}
