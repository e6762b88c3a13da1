/** Reads all pages of a query, without empty ones. */
export async function* pages<Row>(
  read: (after: string | undefined) => Promise<{ rows: readonly Row[]; next: string | undefined }>,
): AsyncGenerator<readonly Row[]> {
  let after: string | undefined;
  do {
    const page = await read(after);
    if (page.rows.length > 0) yield page.rows;
    after = page.next;
  } while (after !== undefined);
}
