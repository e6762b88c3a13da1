import postgres from "postgres";
import { conversationRows } from "./conversation-rows.ts";
import { operationRows } from "./operation-rows.ts";
import { until } from "../until.ts";

/** How long the vacuum of millions of rows may take, in ms. */
const VACUUM_DEADLINE_MS = 30 * 60_000;

/**
 * `at` returns the time of row `number` of `total` rows, which are spread evenly over 90 days. `id` returns an id with this
 * time. Rows of different tables with the same number have different ids.
 */
const FUNCTIONS = `
  create function pg_temp.at(number bigint, total bigint) returns timestamptz language sql as
    $$ select now() - interval '90 days' * (1 - number::float8 / total) $$;
  create function pg_temp.id(name text, number bigint, total bigint) returns uuid language sql as $$
    select (lpad(to_hex((extract(epoch from pg_temp.at(number, total)) * 1000)::bigint), 12, '0')
      || '7' || substr(md5(name || number), 1, 3) || '8' || substr(md5(name || number), 4, 15))::uuid $$;`;

/**
 * Fills the tables of a migrated database as the traffic of one company does, by set-based SQL, and vacuums them. For
 * each 4 messages there is a conversation, and for each 10 a dead letter and a conversion. The user must be a superuser.
 * @param messages the number of messages: a multiple of 200
 */
export async function fillTables(url: string, messages: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    // Foreign keys are right by construction, and a check of each takes longer than the insert.
    await sql.unsafe(`set session_replication_role = replica; ${FUNCTIONS}`);
    // In one transaction, because ids contain the time and now() is the start of the transaction.
    await sql.begin(async (tx) => {
      for (const statement of [...conversationRows(messages), ...operationRows(messages)]) await tx.unsafe(statement);
    });
    // Index-only scans read the rows of a page that a vacuum has not marked. A session that starts at the same time can
    // keep it from marking the latest ones.
    await until(
      "every row is visible to all",
      async () => {
        await sql.unsafe("vacuum (analyze)");
        const unmarked = await sql`select from pg_class join pg_stat_user_tables on relid = pg_class.oid
        where relallvisible < relpages`;
        return unmarked.length === 0;
      },
      VACUUM_DEADLINE_MS,
    );
  } finally {
    await sql.end();
  }
}
