import { execute, type Transaction } from "./statement.ts";

const LOCK = `
  select pg_advisory_xact_lock(hashtextextended(name, 0)) from json_to_recordset($1::json) as lock (name text)`;

/** Takes the same locks as `lockNames` of packages/db/src/connection/advisory-locks.ts. */
export async function lockNamesStatement(tx: Transaction, names: readonly string[]): Promise<void> {
  const rows = names.toSorted().map((name) => ({ name }));
  await execute(tx, LOCK, rows);
}
