import type { Command } from "commander";
import { runCommand } from "../run-command.ts";

/** Adds `millrace doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check the stores, variables, credentials and workers, and print a remedy for each problem")
    .option("--json", "print JSON")
    .action((options: { json?: true }) => runCommand(async () => (await import("./doctor.ts")).doctor, options));
}
