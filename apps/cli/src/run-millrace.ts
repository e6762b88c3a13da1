import { CommanderError } from "commander";
import { createProgram } from "./program.ts";
import { exitCodeOf } from "./usage-error.ts";

/** Runs a `millrace` command in this process, prints its error, and resolves with the exit code. */
export async function runMillrace(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has already printed its own errors and the help text.
    if (!(error instanceof CommanderError))
      process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}
