import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname } from "node:path";

/** The user that runs Postgres when this process runs as root, because Postgres refuses to run as root. */
export type Owner = { uid: number; gid: number };

/** Returns the user postgres and creates it if necessary; undefined when this process does not run as root. */
export function postgresOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return readOwner();
  } catch {
    try {
      execFileSync(
        "useradd",
        ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"],
        { stdio: "ignore" },
      );
      return readOwner();
    } catch {
      throw new Error(
        "Postgres does not run as root, and the user postgres could not be created: run as another user, or create it (useradd --system --user-group postgres)",
      );
    }
  }
}

function readOwner(): Owner {
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Whether the user has permission to enter a folder and every folder above it. */
export function canEnter(folder: string, { uid, gid }: Owner): boolean {
  const { mode, uid: ownerUid, gid: ownerGid } = statSync(folder);
  const bit = ownerUid === uid ? 0o100 : ownerGid === gid ? 0o010 : 0o001;
  const parent = dirname(folder);
  return (mode & bit) !== 0 && (parent === folder || canEnter(parent, { uid, gid }));
}
