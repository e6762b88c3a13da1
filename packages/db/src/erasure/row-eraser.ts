import type { Database, Executor } from "../connection/database.ts";

/** How many rows {@link RowEraser.read} returns at most. */
export const PAGE = 1_000;

/** Finds and erases a person's data in the rows of one table. */
export type RowEraser<Row extends { id: string }> = {
  /** Reads the next page, ordered by id. */
  read(after: string): Promise<Row[]>;
  /** Returns the statements that erase the data of a row; undefined for a row without any. */
  erase(row: Row): ((tx: Executor) => Promise<unknown>) | undefined;
};

/** Runs a {@link RowEraser} over its table, one transaction per row, and returns how many rows contained data. */
export async function eraseRows<Row extends { id: string }>(
  orm: Database["orm"],
  eraser: RowEraser<Row>,
  dryRun: boolean,
): Promise<number> {
  let erased = 0;
  for (let after = "00000000-0000-0000-0000-000000000000"; ;) {
    const rows = await eraser.read(after);
    for (const row of rows) {
      const erase = eraser.erase(row);
      if (!erase) continue;
      if (!dryRun) await orm.transaction(erase);
      erased += 1;
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return erased;
    after = last.id;
  }
}

/** True when an update sets any column, otherwise undefined, so that `isAny(set) && …` fits {@link RowEraser.erase}. */
export function isAny(set: object): true | undefined {
  return Object.keys(set).length > 0 || undefined;
}
