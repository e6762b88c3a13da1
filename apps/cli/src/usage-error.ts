import { CommanderError } from "commander";

/** A wrong argument or option that Commander does not detect. Its message is shown to the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code of a command that failed: 2 for a usage error, as in most tools, else 1. Help is no failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}
