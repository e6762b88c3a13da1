import type { MediaStore } from "@millrace/core";

/** A media store that files can also be taken out of again. */
export type FileStore = MediaStore & {
  /** Removes a file for good; nothing happens where there is none under the key. */
  remove(key: string): Promise<void>;
};
