import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { type Environment, uuidv7 } from "@millrace/core";
import { createOperators, hashPassword, type Operators, type Role } from "@millrace/db";
import { readSecret } from "../secret-input.ts";
import { withStores } from "../stores.ts";
import { UsageError } from "../usage.ts";

/** Fits in a header and a throttle's memory. */
const MAX_NAME = 100;

/** Shortest password. */
const MIN_PASSWORD = 12;

/** `millrace operators` */
export const operators = {
  usage: `operators list [--json]                  who may sign in to the dashboard
  millrace operators add <name> [--role viewer|operator] [--reason <text>]  let somebody in, or give a new password; reads it from stdin
  millrace operators remove <name> [--reason <text>]  let somebody in no more`,
  async run(args: string[], environment: Environment): Promise<void> {
    const { verb, name, role, reason, json } = read(args);
    const by = { actor: userInfo().username, reason };
    const withOperators = <T>(use: (operators: Operators) => Promise<T>) =>
      withStores(environment, ({ database }) => use(createOperators(database, uuidv7)));
    if (verb === "list") {
      const listed = await withOperators((operators) => operators.list());
      if (json) process.stdout.write(`${JSON.stringify(listed)}\n`);
      else console.table(listed.map((row) => ({ name: row.name, role: row.role, since: row.createdAt.toISOString() })));
    } else if (verb === "add") {
      const passwordHash = await hashPassword(await readPassword());
      const done = await withOperators((operators) => operators.set({ name, role, passwordHash }, by));
      process.stdout.write(`${name} is ${done}\n`);
    } else {
      if (!(await withOperators((operators) => operators.remove(name, by))))
        throw new Error(`there is no operator ${name}`);
      process.stdout.write(`${name} is removed, and signed in no more\n`);
    }
  },
};

function read(args: string[]): {
  verb: "list" | "add" | "remove";
  name: string;
  role: Role | undefined;
  reason: string | undefined;
  json: boolean;
} {
  const { values, positionals } = parse(args);
  const [verb, name = "", ...others] = positionals;
  const { role, reason, json = false } = values;
  if (verb !== "list" && verb !== "add" && verb !== "remove") throw new UsageError("say list, add or remove");
  if (verb !== "list" && name === "") throw new UsageError("name the operator");
  if (others.length > 0 || (verb === "list" && name !== "")) throw new UsageError("those are too many words");
  if (role !== undefined && role !== "viewer" && role !== "operator")
    throw new UsageError("a role is viewer or operator");
  // RFC 7617 section 2: a user name with a colon in it cannot be sent.
  if (/[\p{Cc}:]/u.test(name) || name.length > MAX_NAME)
    throw new UsageError(`a name has up to ${MAX_NAME} characters and no colon`);
  return { verb, name, role, reason, json };
}

function parse(args: string[]) {
  try {
    const options = { role: { type: "string" }, reason: { type: "string" }, json: { type: "boolean" } } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function readPassword(): Promise<string> {
  const password = await readSecret("Password: ");
  if (password.length < MIN_PASSWORD) throw new Error(`a password has ${MIN_PASSWORD} characters or more`);
  if (process.stdin.isTTY && (await readSecret("Again: ")) !== password)
    throw new Error("the two passwords are not the same");
  return password;
}
