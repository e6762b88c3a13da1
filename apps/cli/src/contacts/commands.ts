import type { Command } from "commander";
import { runCommand } from "../run-command.ts";
import type { EraseOptions } from "./erase.ts";

/** Adds `millrace contacts …`. */
export function addContactCommands(program: Command): void {
  const contacts = program.command("contacts").description("find a contact, or erase the personal data of a contact");
  contacts
    .command("find")
    .description("find contacts")
    .argument("<query>", "id, phone number, e-mail address, channel:id or the beginnings of words of the name")
    .option("--json", "print JSON")
    .action((query: string, { json }: { json?: true }) =>
      runCommand(async () => (await import("./find.ts")).printContacts, { query, json }),
    );
  contacts
    .command("erase")
    .description("erase the personal data of a contact; the rows stay")
    .argument("<contact>", "id, phone number, e-mail address or channel:id")
    .option("--reason <text>", "reason for the audit log, required without --dry-run")
    .option("--actor <name>", "name for the audit log (default: your user name)")
    .option("--dry-run", "count what would be erased, and change nothing")
    .option("--exact", "with --dry-run: search every row and job, which takes minutes with millions of them")
    .option("--yes", "do not ask for confirmation")
    .option("--json", "print JSON")
    .action((contact: string, options: EraseOptions) =>
      runCommand(async () => (await import("./erase.ts")).erase, { contact, options }),
    );
}
