import type { MediaConfig } from "./env.ts";
import type { FileStore } from "./file-store.ts";
import { folderStore } from "./folder-store.ts";
import { checkKey } from "./key.ts";

/** A media store of a kind, and what jobs must wait for when a person has to see to it: `media:folder` or `media:s3`. */
export type OpenMediaStore = FileStore & { kind: MediaConfig["store"]; scope: string };

/** Longest MIME type, in characters. */
const MAX_TYPE_LENGTH = 255;

/** The store that the configuration names. Nothing is touched before the first file. */
export function openMediaStore(config: MediaConfig): OpenMediaStore {
  const scope = `media:${config.store}`;
  const opened = once(async () => {
    if (config.store === "folder") return folderStore(config.folder, scope);
    // Only where it is needed: AWS's client takes a second or two to load.
    const { s3Store } = await import("./s3-store.ts");
    return s3Store(config, scope);
  });
  return {
    kind: config.store,
    scope,
    async read(key) {
      checkKey(key);
      return (await opened()).read(key);
    },
    async write(key, body, { mimeType, maxBytes }) {
      checkKey(key);
      return (await opened()).write(key, body, { mimeType: headerSafe(mimeType), maxBytes });
    },
    async remove(key) {
      checkKey(key);
      return (await opened()).remove(key);
    },
  };
}

/** A type that a stranger made up may be none that can stand in a header; then it is unknown. */
function headerSafe(mimeType: string | undefined): string | undefined {
  return mimeType && mimeType.length <= MAX_TYPE_LENGTH && /^[\x21-\x7e][\x20-\x7e]*$/.test(mimeType)
    ? mimeType
    : undefined;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
