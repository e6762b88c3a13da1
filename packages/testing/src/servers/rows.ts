import postgres from "postgres";

/** Reads a database as an outsider does, with plain SQL. */
export type RowReader = { rows<Row extends object>(text: string): Promise<Row[]>; close(): Promise<void> };

/** Opens a {@link RowReader}; connects when first used. */
export function openRows(url: string): RowReader {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  return {
    rows: async <Row extends object>(text: string) => [...(await sql.unsafe<Row[]>(text))],
    close: () => sql.end(),
  };
}
