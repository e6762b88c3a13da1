/** Files in memory. The oldest give way where there are too many, as uploaded files do at the providers after days. */
export type FileMemory<T extends { bytes: Uint8Array }> = {
  get(id: string): T | undefined;
  put(id: string, file: T): void;
};

/** How many bytes are remembered: a sandbox that runs for days must not grow. */
const MEMORY = 200_000_000;

/** An empty {@link FileMemory}. */
export function createFileMemory<T extends { bytes: Uint8Array }>(): FileMemory<T> {
  const files = new Map<string, T>();
  let total = 0;
  return {
    get: (id) => files.get(id),
    put(id, file) {
      total += file.bytes.length - (files.get(id)?.bytes.length ?? 0);
      files.set(id, file);
      for (const [oldest, { bytes }] of files) {
        if (total <= MEMORY) return;
        files.delete(oldest);
        total -= bytes.length;
      }
    },
  };
}
