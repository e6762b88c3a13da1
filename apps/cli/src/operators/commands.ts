import { type Command, Option } from "commander";
import type { Role } from "@millrace/db";
import { runCommand } from "../run-command.ts";

const ROLES: readonly Role[] = ["viewer", "operator"];

/** Adds `millrace operators …`. */
export function addOperatorCommands(program: Command): void {
  const operators = program.command("operators").description("manage the operators of the dashboard");
  operators
    .command("list")
    .description("list the operators")
    .option("--json", "print JSON")
    .action((options: { json?: true }) =>
      runCommand(async () => (await import("./operators.ts")).printOperators, options),
    );
  operators
    .command("add")
    .description("add an operator, or set a new password; the password is read from stdin")
    .argument("<name>", "name to sign in with")
    .addOption(
      new Option("--role <role>", "the role (default: viewer; an existing operator keeps the role)").choices(ROLES),
    )
    .option("--reason <text>", "reason for the audit log")
    .action((name: string, { role, reason }: { role?: Role; reason?: string }) =>
      runCommand(async () => (await import("./operators.ts")).addOperator, { name, role, reason }),
    );
  operators
    .command("remove")
    .description("remove an operator and end the operator's sessions")
    .argument("<name>", "name of the operator")
    .option("--reason <text>", "reason for the audit log")
    .action((name: string, { reason }: { reason?: string }) =>
      runCommand(async () => (await import("./operators.ts")).removeOperator, { name, reason }),
    );
}
