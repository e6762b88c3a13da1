import type { MediaStore } from "@millrace/core";

/** A media store with removable files. */
export type FileStore = MediaStore & {
  /** Removes a file permanently; does nothing when the store has none under the key. */
  remove(key: string): Promise<void>;
};
