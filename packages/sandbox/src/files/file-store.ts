/** Files in memory. The store deletes the oldest files when it is full, as providers do after some days. */
export type FileStore<T extends { bytes: Uint8Array }> = {
  get(id: string): T | undefined;
  put(id: string, file: T): void;
};

/** Capacity in bytes. It bounds the memory of a sandbox that runs for days. */
const CAPACITY = 200_000_000;

/** Creates an empty {@link FileStore}. */
export function createFileStore<T extends { bytes: Uint8Array }>(): FileStore<T> {
  const files = new Map<string, T>();
  let total = 0;
  return {
    get: (id) => files.get(id),
    put(id, file) {
      total += file.bytes.length - (files.get(id)?.bytes.length ?? 0);
      files.set(id, file);
      for (const [oldest, { bytes }] of files) {
        if (total <= CAPACITY) return;
        files.delete(oldest);
        total -= bytes.length;
      }
    },
  };
}
