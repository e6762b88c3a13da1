import { createHash } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { postgresFolder } from "./binaries.ts";
import { canEnter, type Owner } from "./owner.ts";

/** The folders of a Postgres: its programs and its data. */
export type Home = { programs: string; data: string };

/** The base folder when the process runs as root and the user postgres cannot enter the project's folder. */
const SHARED_FOLDER = "/var/lib/millrace";

/**
 * Prepares the folders. Normally the data is in `folder`, and the programs are those of the npm package. When the process
 * runs as root and only root can enter `folder` (e.g. root's home), the user postgres cannot reach either. Both are then
 * below /var/lib/millrace, and the data has a name derived from `folder`.
 */
export function prepareHome(folder: string, owner: Owner | undefined): Home {
  const preferred = resolve(folder);
  const programs = postgresFolder();
  if (!owner) {
    createFolder(preferred);
    return { programs, data: join(preferred, "data") };
  }
  createFolder(preferred);
  if (canEnter(preferred, owner) && canEnter(programs, owner)) {
    chownSync(preferred, owner.uid, owner.gid);
    return { programs, data: join(preferred, "data") };
  }
  const name = createHash("sha256").update(preferred).digest("hex").slice(0, 12);
  const shared = join(SHARED_FOLDER, name);
  createFolder(shared);
  chownSync(shared, owner.uid, owner.gid);
  return { programs: copyPrograms(programs), data: join(shared, "data") };
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Error(
      `cannot create the data folder ${folder} (${code}): make its parent folder writable for this user`,
      {
        cause: error,
      },
    );
  }
}

/** Copies the programs to a folder that every user can enter: once per version, and atomically by a rename. */
function copyPrograms(programs: string): string {
  const version = basename(dirname(dirname(dirname(dirname(programs)))));
  const copy = join(SHARED_FOLDER, version);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  cpSync(programs, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch {
    rmSync(partial, { recursive: true, force: true });
  }
  return copy;
}
