import postgres from "postgres";

/** Reads a database with plain SQL, as another application does. */
export type RowReader = { rows<Row extends object>(text: string): Promise<Row[]>; close(): Promise<void> };

/** Opens a {@link RowReader}, which connects at its first query. */
export function openRows(url: string): RowReader {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  return {
    rows: async <Row extends object>(text: string) => [...(await sql.unsafe<Row[]>(text))],
    close: () => sql.end(),
  };
}
