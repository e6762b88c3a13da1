import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new empty folder that every user may enter, so that a Postgres of root's tests keeps its data in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-"));
  chmodSync(folder, 0o755);
  return folder;
}
