import { chmodSync, existsSync, mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux's folder in memory. In a container it often has only 64 MB. */
const MEMORY = "/dev/shm";

/** How much a run of all tests needs there at most, in bytes, with a wide margin. */
const NEEDED_BYTES = 8 * 1024 ** 3;

/** Creates an empty folder that every user may enter, because a Postgres that root starts runs as another user. */
export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "millrace-"));
  chmodSync(folder, 0o755);
  return folder;
}

/**
 * Creates a {@link temporaryFolder} in memory where there is enough of it. A new database is hundreds of files, and a disk
 * that is busy makes its creation take several times as long.
 */
export function memoryFolder(): string {
  return temporaryFolder(hasMemory() ? MEMORY : tmpdir());
}

function hasMemory(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= NEEDED_BYTES;
}
