import type { Environment } from "@millrace/core";
import { migrateDatabase } from "@millrace/db";
import { type Stores, withStores } from "./stores.ts";

/** The longest time that a statement of a migration may take, in s. An index of a large table takes hours. */
const STATEMENT_SECONDS = 86_400;

/**
 * Brings the tables of both stores to the state that this version needs. Repeating it changes nothing. Several
 * processes may run it at once.
 */
export async function migrateStores(environment: Environment): Promise<void> {
  const migrateBoth = async ({ database, backend }: Stores) => {
    await migrateDatabase(database);
    await backend.migrate();
  };
  await withStores(environment, migrateBoth, STATEMENT_SECONDS);
}

/** `millrace migrate` */
export async function migrate(environment: Environment): Promise<void> {
  await migrateStores(environment);
  process.stdout.write("the tables are up to date\n");
}
