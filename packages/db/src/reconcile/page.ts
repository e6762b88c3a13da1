/** A page of rows, and the key after which the next page begins: undefined after the last page. */
export type Page<Row> = { rows: readonly Row[]; next: string | undefined };

/** Rows of one page. Their jobs go to the queue in one round trip. */
export const PAGE = 500;

/** Makes a page of at most {@link PAGE} rows. */
export function pageOf<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Page<Row> {
  const last = rows.length < PAGE ? undefined : rows.at(-1);
  return { rows, next: last && keyOf(last) };
}
