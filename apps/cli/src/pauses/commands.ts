import type { Command } from "commander";
import { addActor, audited, type AuditOptions } from "../audit-options.ts";
import { runCommand } from "../run-command.ts";
import { duration } from "./duration.ts";

/** Adds `millrace pauses …`. */
export function addPauseCommands(program: Command): void {
  const pauses = program.command("pauses").description("list, end and set pauses of accounts and other scopes");
  pauses
    .command("list")
    .description("list the paused scopes with their waiting jobs, the longest pause first")
    .option("--json", "print JSON")
    .action((options: { json?: true }) => runCommand(async () => (await import("./pauses.ts")).printPauses, options));
  audited(pauses.command("lift"))
    .description("end the pause of a scope, so that its jobs run")
    .argument("<scope>", "the scope, as pauses list shows it")
    .action((scope: string, options: AuditOptions) =>
      runCommand(async () => (await import("./pauses.ts")).resumeScope, { scope, ...options }),
    );
  addActor(pauses.command("set"))
    .description("pause a scope: its jobs wait without using attempts")
    .argument("<scope>", "the scope, for example whatsapp:1065 or meta:page:123")
    .requiredOption("--reason <text>", "reason, which alerts and the audit log contain")
    .option(
      "--for <duration>",
      "end of the pause, such as 30m, 2h or 1d from now (default: until pauses lift)",
      duration,
    )
    .action((scope: string, options: AuditOptions & { reason: string; for?: number }) =>
      runCommand(async () => (await import("./pauses.ts")).pauseScope, { scope, ...options }),
    );
}
