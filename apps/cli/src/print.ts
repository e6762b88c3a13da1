/** Prints a value as JSON on one line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Prints rows as a table, or a line if there are none. */
export function printTable(rows: readonly object[], whenEmpty: string): void {
  if (rows.length > 0) console.table(rows);
  else process.stdout.write(`${whenEmpty}\n`);
}
