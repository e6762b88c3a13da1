import type { MediaConfig } from "./env.ts";
import type { FileStore } from "./file-store.ts";
import { folderStore } from "./folder-store.ts";
import { checkKey } from "./key.ts";

/** A media store with the scope that pauses jobs when an operator must act: `media:folder` or `media:s3`. */
export type OpenMediaStore = FileStore & { kind: MediaConfig["store"]; scope: string };

/** Longest MIME type in characters. */
const MAX_TYPE_LENGTH = 255;

/** Opens the configured store. It accesses neither folder nor bucket before the first file. */
export function openMediaStore(config: MediaConfig): OpenMediaStore {
  const scope = `media:${config.store}`;
  const opened = once(async () => {
    if (config.store === "folder") return folderStore(config.folder, scope);
    // Imported on demand, because AWS's client needs a second or two to load.
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

/** A sender can choose any type. One that is no valid header value becomes undefined. */
function headerSafe(mimeType: string | undefined): string | undefined {
  return mimeType && mimeType.length <= MAX_TYPE_LENGTH && /^[\x21-\x7e][\x20-\x7e]*$/.test(mimeType)
    ? mimeType
    : undefined;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
