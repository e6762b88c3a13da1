import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, with a trailing slash. */
export const projectFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** Folders without files of the project. */
const EXCLUDED = new Set(["node_modules", ".git", ".millrace", "coverage"]);

/** Lists the project's files, relative to its folder. It reads the disk so that it also works in a copy without git. */
export function projectFiles(folder = ""): string[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return EXCLUDED.has(entry.name) ? [] : projectFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Reads one of the project's files. */
export function read(path: string): string {
  return readFileSync(join(projectFolder, path), "utf8");
}
