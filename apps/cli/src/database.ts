import type { Environment } from "@millrace/core";
import { type Database, openDatabase } from "@millrace/db";
import { readStores } from "./env.ts";

/**
 * Opens Postgres, runs `use`, and closes it. A command that does not need the queue loads no code of the queue. Throws
 * EnvironmentError if a variable is missing or wrong.
 */
export async function withDatabase<T>(environment: Environment, use: (database: Database) => Promise<T>): Promise<T> {
  const { databaseUrl } = readStores(environment);
  const database = openDatabase(databaseUrl, { maxConnections: 4, name: "millrace-cli" });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
