import { afterAll } from "vitest";
import { useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../src/connection/database.ts";

/** A pool on a migrated database that belongs to this file or `describe` block; both are gone after its tests. */
export function useDatabase(maxConnections = 10): Database {
  const { url } = useTestDatabase();
  const database = openDatabase(url, { maxConnections, name: "test" });
  afterAll(() => database.close());
  return database;
}
