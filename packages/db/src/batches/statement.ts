import type postgres from "postgres";

/** A transaction of postgres.js. */
export type Transaction = Pick<postgres.TransactionSql, "unsafe">;

/**
 * Executes a constant statement. Its first parameter is a list of rows, which the statement reads by
 * `json_to_recordset($1)`. Postgres plans it once per connection, whatever the number of rows.
 */
export async function execute<Row extends object>(
  tx: Transaction,
  statement: string,
  rows: readonly object[],
  ...others: readonly number[]
): Promise<Row[]> {
  return await tx.unsafe<Row[]>(statement, [JSON.stringify(rows), ...others], { prepare: true });
}
