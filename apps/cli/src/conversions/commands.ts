import type { Command } from "commander";
import { runCommand } from "../run-command.ts";

/** Adds `millrace conversions` and `millrace conversions release`. */
export function addConversionCommands(program: Command): void {
  const conversions = program
    .command("conversions")
    .description("count conversions per day, status and reason, and release held conversions")
    .option("--json", "print JSON")
    .action((options: { json?: true }) =>
      runCommand(async () => (await import("./conversions.ts")).printConversions, options),
    );
  conversions
    .command("release")
    .description("upload the conversions that were held because uploads were switched off")
    .option("--without-consent", "also upload the conversions that were held because consent is missing")
    .option("--reason <text>", "reason for the audit log")
    .option("--json", "print JSON")
    .action((_options: unknown, command: Command) =>
      runCommand(
        async () => (await import("./conversions.ts")).releaseConversions,
        command.optsWithGlobals<{ withoutConsent?: true; reason?: string; json?: true }>(),
      ),
    );
}
