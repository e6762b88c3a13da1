import { userInfo } from "node:os";
import { type Environment, uuidv7 } from "@millrace/core";
import { createOperators, hashPassword, type Operators, type Role } from "@millrace/db";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";
import { readSecret } from "./read-secret.ts";
import { UsageError } from "../usage-error.ts";

/** Longest name, in characters: it fits in a header and in the memory of the login rate limiter. */
const MAX_NAME_LENGTH = 100;

/** Shortest password, in characters. */
const MIN_PASSWORD_LENGTH = 12;

/** `millrace operators list` */
export async function printOperators(environment: Environment, { json }: { json?: true }): Promise<void> {
  const operators = await withOperators(environment, (operators) => operators.list());
  if (json) printJson(operators);
  else
    printTable(
      operators.map(({ name, role, createdAt }) => ({ name, role, since: createdAt.toISOString() })),
      "no operators yet",
    );
}

/** `millrace operators add` */
export async function addOperator(
  environment: Environment,
  { name, role, reason }: { name: string; role: Role | undefined; reason: string | undefined },
): Promise<void> {
  requireUsableName(name);
  const passwordHash = await hashPassword(await readPassword());
  const result = await withOperators(environment, (operators) =>
    operators.set({ name, role, passwordHash }, { actor: userInfo().username, reason }),
  );
  process.stdout.write(`${name} is ${result}\n`);
}

/** `millrace operators remove` */
export async function removeOperator(
  environment: Environment,
  { name, reason }: { name: string; reason: string | undefined },
): Promise<void> {
  const removed = await withOperators(environment, (operators) =>
    operators.remove(name, { actor: userInfo().username, reason }),
  );
  if (!removed) throw new Error(`there is no operator ${name}`);
  process.stdout.write(`${name} is removed and signed out\n`);
}

function withOperators<T>(environment: Environment, use: (operators: Operators) => Promise<T>): Promise<T> {
  return withDatabase(environment, (database) => use(createOperators(database, uuidv7)));
}

/** HTTP Basic cannot send a user name with a colon: https://www.rfc-editor.org/rfc/rfc7617#section-2 */
function requireUsableName(name: string): void {
  if (/[\p{Cc}:]/u.test(name) || name.length === 0 || name.length > MAX_NAME_LENGTH)
    throw new UsageError(`a name has 1 to ${MAX_NAME_LENGTH} characters, no colon and no control character`);
}

async function readPassword(): Promise<string> {
  const password = await readSecret("Password: ");
  if (password.length < MIN_PASSWORD_LENGTH)
    throw new Error(`a password has at least ${MIN_PASSWORD_LENGTH} characters`);
  if (process.stdin.isTTY && (await readSecret("Repeat the password: ")) !== password)
    throw new Error("the two passwords differ");
  return password;
}
