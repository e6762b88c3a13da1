import type { Environment } from "@millrace/core";
import { accounts } from "./commands/accounts.ts";
import { contacts } from "./commands/contacts.ts";
import { conversations } from "./commands/conversations.ts";
import { conversions } from "./commands/conversions.ts";
import { deadLetters } from "./commands/dead-letters.ts";
import { doctor } from "./commands/doctor.ts";
import { migrate } from "./commands/migrate.ts";
import { operators } from "./commands/operators.ts";
import { send } from "./commands/send.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { trace } from "./commands/trace.ts";
import { loadEnvironment } from "./env.ts";
import { runningInstance } from "./start/running.ts";
import { UsageError } from "./usage.ts";

const commands: Record<string, { run(args: string[], environment: Environment): Promise<void>; usage: string }> = {
  start,
  send,
  status,
  trace,
  doctor,
  conversations,
  conversions,
  "dead-letters": deadLetters,
  contacts,
  accounts,
  operators,
  migrate,
};

const [name = "help", ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  const lines = Object.values(commands).map(({ usage }) => `  millrace ${usage}`);
  process.stdout.write(`usage:\n${lines.join("\n")}\n`);
  process.exit(name === "help" || name === "--help" ? 0 : 2);
}
try {
  await command.run(args, loadEnvironment(name === "start" ? undefined : runningInstance()?.variables));
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\nusage: millrace ${command.usage}\n`);
  else process.stderr.write(`millrace ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
