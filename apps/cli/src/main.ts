import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { exitCodeOf } from "./usage-error.ts";

const args = process.argv.slice(2);
try {
  await createProgram().parseAsync(args.length === 0 ? ["--help"] : args, { from: "user" });
} catch (error) {
  // Commander has already printed its own errors and the help text.
  if (!(error instanceof CommanderError))
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(exitCodeOf(error));
}
