import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import "@millrace/db/drizzle-resolution";
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { exitCodeOf } from "./usage-error.ts";

// A later command starts in half the time. Where the folder is not writable, Node goes on without the cache.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/millrace", import.meta.url)));

const args = process.argv.slice(2);
try {
  await createProgram().parseAsync(args.length === 0 ? ["--help"] : args, { from: "user" });
} catch (error) {
  // Commander has already printed its own errors and the help text.
  if (!(error instanceof CommanderError))
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCodeOf(error));
}
