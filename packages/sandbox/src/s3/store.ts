import { createHash } from "node:crypto";

/** An object with what is told of it. */
export type StoredObject = { bytes: Uint8Array; headers: Record<string, string> };

/** Objects by bucket and key, and uploads in parts that are not finished. */
export type ObjectStore = {
  get(name: string): StoredObject | undefined;
  /** Its ETag; undefined when there is no room for it. */
  put(name: string, bytes: Uint8Array, headers: Record<string, string>): string | undefined;
  delete(name: string): void;
  startUpload(name: string, headers: Record<string, string>): string;
  hasUpload(upload: string): boolean;
  /** The part's ETag; undefined when there is no room for it. */
  putPart(upload: string, part: number, bytes: Uint8Array): string | undefined;
  /** Makes an object of the parts; its ETag, undefined when there is no such upload. */
  finishUpload(upload: string): string | undefined;
  dropUpload(upload: string): void;
};

/** How many bytes there is room for. Objects do not give way: a store that loses them would be no store. */
const MEMORY = 500_000_000;

/** An empty {@link ObjectStore}. */
export function createObjectStore(): ObjectStore {
  const objects = new Map<string, StoredObject>();
  const uploads = new Map<string, { name: string; headers: Record<string, string>; parts: Map<number, Uint8Array> }>();
  let total = 0;
  let started = 0;

  const drop = (name: string) => {
    total -= objects.get(name)?.bytes.length ?? 0;
    objects.delete(name);
  };
  const keep = (name: string, bytes: Uint8Array, headers: Record<string, string>, suffix = "") => {
    drop(name);
    const etag = `"${createHash("md5").update(bytes).digest("hex")}${suffix}"`;
    objects.set(name, { bytes, headers: { ...headers, etag } });
    total += bytes.length;
    return etag;
  };
  const dropUpload = (id: string) => {
    for (const part of uploads.get(id)?.parts.values() ?? []) total -= part.length;
    uploads.delete(id);
  };

  return {
    get: (name) => objects.get(name),
    put: (name, bytes, headers) => (total + bytes.length > MEMORY ? undefined : keep(name, bytes, headers)),
    delete: drop,
    startUpload(name, headers) {
      started += 1;
      uploads.set(`upload-${started}`, { name, headers, parts: new Map() });
      return `upload-${started}`;
    },
    hasUpload: (id) => uploads.has(id),
    putPart(id, part, bytes) {
      const parts = uploads.get(id)?.parts;
      if (!parts || total + bytes.length > MEMORY) return undefined;
      total += bytes.length - (parts.get(part)?.length ?? 0);
      parts.set(part, bytes);
      return `"${createHash("md5").update(bytes).digest("hex")}"`;
    },
    finishUpload(id) {
      const upload = uploads.get(id);
      if (!upload) return undefined;
      const parts = [...upload.parts].sort(([one], [two]) => one - two).map(([, bytes]) => bytes);
      dropUpload(id);
      return keep(upload.name, Buffer.concat(parts), upload.headers, `-${parts.length}`);
    },
    dropUpload,
  };
}
