import type { Environment } from "@millrace/core";
import { migrateDatabase } from "@millrace/db";
import { withStores } from "../stores.ts";

/** Brings both stores to what this version needs. Repeating it changes nothing; several at once take turns. */
export async function migrateStores(environment: Environment): Promise<void> {
  await withStores(environment, async ({ database, backend }) => {
    await migrateDatabase(database);
    await backend.migrate();
  });
}

/** `millrace migrate` */
export const migrate = {
  usage: "migrate                                  make or update the tables",
  async run(_args: string[], environment: Environment): Promise<void> {
    await migrateStores(environment);
    process.stdout.write("the tables are up to date\n");
  },
};
