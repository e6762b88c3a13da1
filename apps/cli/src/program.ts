import { Command } from "commander";
import { addAccountCommands } from "./accounts/commands.ts";
import { addContactCommands } from "./contacts/commands.ts";
import { addConversationCommands } from "./conversations/commands.ts";
import { addConversionCommands } from "./conversions/commands.ts";
import { addDeadLetterCommands } from "./dead-letters/commands.ts";
import { addDoctorCommand } from "./doctor/commands.ts";
import { addEventCommands } from "./events/commands.ts";
import { addOperatorCommands } from "./operators/commands.ts";
import { addPauseCommands } from "./pauses/commands.ts";
import { runCommand } from "./run-command.ts";

/** Every `millrace` command. Parsing throws CommanderError where Commander itself would end the process. */
export function createProgram(): Command {
  const program = new Command("millrace")
    .description("run and operate Millrace")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("Add --help to list the arguments and options.")
    .exitOverride();
  program
    .command("start")
    .description("start every part of Millrace on this machine")
    .action(async () => {
      const [{ loadEnvironment }, { start }] = await Promise.all([import("./env.ts"), import("./start/start.ts")]);
      await start(loadEnvironment());
    });
  addEventCommands(program);
  addDoctorCommand(program);
  addDeadLetterCommands(program);
  addPauseCommands(program);
  addAccountCommands(program);
  addConversationCommands(program);
  addConversionCommands(program);
  addContactCommands(program);
  addOperatorCommands(program);
  program
    .command("migrate")
    .description("create or update the tables of Postgres and of the queue")
    .action(() => runCommand(async () => (await import("./migrate.ts")).migrate, undefined));
  return program;
}
