import type { Environment } from "@millrace/core";
import { findContacts } from "@millrace/db";
import { printJson, printTable } from "../print.ts";
import { withDatabase } from "../database.ts";

/** `millrace contacts find` */
export async function printContacts(
  environment: Environment,
  { query, json }: { query: string; json: true | undefined },
): Promise<void> {
  const contacts = await withDatabase(environment, (database) => findContacts(database, query));
  if (json) printJson(contacts);
  else printTable(contacts, `no contact matches ${query}`);
}
