import type { Command } from "commander";
import { runCommand } from "../run-command.ts";

/** Adds `millrace accounts …`. */
export function addAccountCommands(program: Command): void {
  const accounts = program.command("accounts").description("assign accounts of the platforms to tenants");
  accounts
    .command("list")
    .description("list the accounts with their tenants")
    .option("--json", "print JSON")
    .action((options: { json?: true }) =>
      runCommand(async () => (await import("./accounts.ts")).printAccounts, options),
    );
  accounts
    .command("add")
    .description("assign an account to a tenant, and create the tenant if it does not exist")
    .argument("<tenant>", "name of the tenant")
    .argument("<provider>", "id of the integration that the account belongs to, for example whatsapp")
    .argument("<external id>", "id of the page, number, bot or ads account, or * for all that are not in the list")
    .option("--reason <text>", "reason for the audit log")
    .action((tenantName: string, provider: string, externalId: string, { reason }: { reason?: string }) =>
      runCommand(async () => (await import("./accounts.ts")).addAccount, { tenantName, provider, externalId, reason }),
    );
}
