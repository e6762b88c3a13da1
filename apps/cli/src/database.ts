import type { Environment } from "@millrace/core";
import { type Database, openDatabase } from "@millrace/db";
import { readStores } from "./env.ts";

/** The longest time that a statement of a command may take, in s. Counts of millions of rows take minutes. */
const SILENCE_SECONDS = 300;

/**
 * Opens Postgres, runs `use`, and closes it. A command that does not need the queue loads no code of the queue. Throws
 * EnvironmentError if a variable is missing or wrong.
 * @param silenceSeconds the longest time that a statement may take; a connection that is lost closes after this time
 */
export async function withDatabase<T>(
  environment: Environment,
  use: (database: Database) => Promise<T>,
  silenceSeconds = SILENCE_SECONDS,
): Promise<T> {
  const { databaseUrl } = readStores(environment);
  const database = openDatabase(databaseUrl, { maxConnections: 4, name: "millrace-cli", silenceSeconds });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}
