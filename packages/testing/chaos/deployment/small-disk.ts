import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

/** A file system of limited size that a fault can fill. */
export type SmallDisk = {
  folder: string;
  /** Uses all free space until {@link SmallDisk.empty}. The proxies and the providers of this process go on meanwhile. */
  fill(): Promise<void>;
  empty(): void;
  unmount(): void;
};

/** Chunk size of the file that fills the disk, in bytes. */
const CHUNK = 1024 * 1024;

/** Mounts a tmpfs. Returns undefined where this process may not mount. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  chmodSync(folder, 0o755);
  const filler = join(folder, "filler");
  return {
    folder,
    async fill() {
      const file = await open(filler, "a");
      // Smaller and smaller chunks use up the last bytes.
      for (let size = CHUNK; size >= 1; size = Math.floor(size / 16)) {
        try {
          for (;;) await file.write(Buffer.alloc(size));
        } catch {
          // The disk has no room for a chunk of this size.
        }
      }
      await file.close();
    },
    empty: () => rmSync(filler, { force: true }),
    unmount: () => {
      execFileSync("umount", ["--lazy", folder], { stdio: "ignore" });
    },
  };
}
