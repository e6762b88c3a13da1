import { type SQL, sql } from "drizzle-orm";

/** A payload as a jsonb value. It can be any JSON, also null, which the driver would write as SQL null. */
export function jsonValue(payload: unknown): SQL {
  return sql`${JSON.stringify(payload ?? null)}::jsonb`;
}
