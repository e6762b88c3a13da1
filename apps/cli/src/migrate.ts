import type { Environment } from "@millrace/core";
import { migrateDatabase } from "@millrace/db";
import { withStores } from "./stores.ts";

/**
 * Brings the tables of both stores to the state that this version needs. Repeating it changes nothing. Several
 * processes may run it at once.
 */
export async function migrateStores(environment: Environment): Promise<void> {
  await withStores(environment, async ({ database, backend }) => {
    await migrateDatabase(database);
    await backend.migrate();
  });
}

/** `millrace migrate` */
export async function migrate(environment: Environment): Promise<void> {
  await migrateStores(environment);
  process.stdout.write("the tables are up to date\n");
}
