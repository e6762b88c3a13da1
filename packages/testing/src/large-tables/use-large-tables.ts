import { beforeAll } from "vitest";
import { useTestDatabase } from "../test-database.ts";
import { fillTables } from "./fill.ts";
import { avoidSequentialScans } from "./table-reads.ts";

/** The number of messages. Postgres writes them in seconds. */
const MESSAGES = 20_000;

/** Prepares a database of this file with filled tables, on which Postgres scans a table only if no index fits. */
export function useLargeTables(): { readonly url: string } {
  const database = useTestDatabase();
  beforeAll(async () => {
    await fillTables(database.url, MESSAGES);
    await avoidSequentialScans(database.url);
  });
  return database;
}
