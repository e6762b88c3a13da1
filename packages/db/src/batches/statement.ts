import type postgres from "postgres";

/** A transaction of postgres.js. */
export type Transaction = Pick<postgres.TransactionSql, "unsafe">;

/**
 * Sends a statement now. postgres.js would send it when the first code waits for it, so statements that are sent together
 * could arrive in another order.
 */
export function start<Query extends { execute(): Query }>(query: Query): Query {
  return query.execute();
}

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
  return await start(tx.unsafe<Row[]>(statement, [JSON.stringify(rows), ...others], { prepare: true }));
}
