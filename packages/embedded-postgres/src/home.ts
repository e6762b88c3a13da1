import { createHash } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { postgresFolder } from "./binaries.ts";
import { canEnter, type Owner } from "./owner.ts";

/** Where a Postgres lives: its programs and its data. */
export type Home = { programs: string; data: string };

/** Used by root where the user postgres may not enter the project's folder. */
const SHARED_FOLDER = "/var/lib/millrace";

/**
 * Decides where the data and the programs are. Normally the data is in `folder` and the programs are the package's own.
 * As root in a folder that only root may enter (its home is one), the user postgres could reach neither: then both are
 * under /var/lib/millrace, the data by a name that belongs to `folder`.
 */
export function prepareHome(folder: string, owner: Owner | undefined): Home {
  const wanted = resolve(folder);
  const programs = postgresFolder();
  if (!owner) {
    makeFolder(wanted);
    return { programs, data: join(wanted, "data") };
  }
  makeFolder(wanted);
  if (canEnter(wanted, owner) && canEnter(programs, owner)) {
    chownSync(wanted, owner.uid, owner.gid);
    return { programs, data: join(wanted, "data") };
  }
  const name = createHash("sha256").update(wanted).digest("hex").slice(0, 12);
  const shared = join(SHARED_FOLDER, name);
  makeFolder(shared);
  chownSync(shared, owner.uid, owner.gid);
  return { programs: copyOf(programs), data: join(shared, "data") };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Error(`cannot make the data folder ${folder} (${code}): make it writable for this user`, {
      cause: error,
    });
  }
}

/** The programs at a place that everybody may enter; copied once per version, and never seen half copied. */
function copyOf(programs: string): string {
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
