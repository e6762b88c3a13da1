import type { Command } from "commander";
import { runCommand } from "../run-command.ts";

/** Adds `millrace conversations`. */
export function addConversationCommands(program: Command): void {
  program
    .command("conversations")
    .description("list the 20 latest conversations, and whether the AI or a person answers")
    .option("--json", "print JSON")
    .action((options: { json?: true }) =>
      runCommand(async () => (await import("./list.ts")).printConversations, options),
    );
}
