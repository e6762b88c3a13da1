import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates an empty folder that every user may enter, because a Postgres that root starts runs as another user. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-"));
  chmodSync(folder, 0o755);
  return folder;
}
