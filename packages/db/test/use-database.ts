import { afterAll } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../src/connection/database.ts";

/** Opens a pool on a migrated database of this file or `describe` block. Both are removed after its tests. */
export function useDatabase(maxConnections = 10): Database {
  const { url } = useTestDatabase();
  const database = openDatabase(url, { maxConnections, name: "test" });
  afterAll(() => database.close());
  return database;
}
