import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. */
export const projectFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** Folders that hold nothing of the project's own. */
const FOREIGN = new Set(["node_modules", ".git", ".millrace", "coverage"]);

/** Paths of the project's files, relative to its folder. Walks the disk, for a copy without git is checked as well. */
export function projectFiles(folder = ""): string[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : projectFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** The text of one of the project's files. */
export function read(path: string): string {
  return readFileSync(join(projectFolder, path), "utf8");
}
