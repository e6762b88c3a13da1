import { start, type Transaction } from "./statement.ts";

/**
 * - A batch must not wait long for a row that another transaction locks, because all its items would wait. A takeover
 *   locks its conversation for up to 5 s.
 * - Each statement finds its rows by their keys. Postgres knows neither the number of rows in the JSON nor, in new tables,
 *   their size. It would choose scans of whole tables, and keep these plans while the tables grow.
 */
const SETTINGS = `
  select set_config('lock_timeout', '250ms', true), set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)`;

/** Sends the settings of a batch's transaction. They are in effect for every statement that is sent later. */
export async function applySettings(tx: Transaction): Promise<void> {
  await start(tx.unsafe(SETTINGS, [], { prepare: true }));
}
