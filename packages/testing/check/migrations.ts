import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { runCommand } from "./command.ts";
import { projectFolder } from "./project-files.ts";

/**
 * The committed migrations produce the schema of the code: drizzle-kit generates nothing from a copy of them. The copy
 * is inside the project because drizzle-kit resolves `--out` relative to its working directory.
 */
export async function migrations(): Promise<string[]> {
  const copy = mkdtempSync(join(projectFolder, "node_modules", ".migrations-"));
  try {
    cpSync(join(projectFolder, "packages/db/migrations"), copy, { recursive: true });
    const before = readdirSync(copy).length;
    const out = relative(projectFolder, copy);
    const { code, output } = await runCommand("drizzle-kit", [
      "generate",
      "--dialect=postgresql",
      "--schema=./packages/db/src/schema/index.ts",
      `--out=${out}`,
    ]);
    if (code !== 0) return [output.trim()];
    return readdirSync(copy).length === before
      ? []
      : ["the schema differs from the migrations: run npm run db:generate", output.trim()];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
