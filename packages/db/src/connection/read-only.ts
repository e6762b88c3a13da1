import type postgres from "postgres";

/** SQLSTATE `read_only_sql_transaction`. A server in recovery reports it too. */
const READ_ONLY = "25006";

/**
 * Makes the server close a read-only session when it is idle, after 1 ms. postgres.js would report the end of a session
 * during a statement once more at the first statement of the next one, so `pg_terminate_backend` does not fit.
 */
const CLOSE_READ_ONLY = `
  select set_config('idle_session_timeout', '1', false) where current_setting('transaction_read_only') = 'on'`;

/** Whether a statement failed because its session or its server is read-only. */
function isReadOnly(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && cause.code === READ_ONLY) return true;
  return false;
}

/**
 * Closes the sessions of a pool that are read-only, once a statement failed because of it. After a failover, connections
 * may still lead to the old primary, and a session keeps the `default_transaction_read_only` of its start. The next
 * statement then opens a new connection. postgres.js 3.4 cannot close one connection of a pool, and its option
 * `target_session_attrs` is checked only when a connection opens, so the server closes them.
 * @param sessions how many sessions the pool has at most
 */
export function closeReadOnlySessions(client: postgres.Sql, sessions: number): postgres.Sql {
  const { unsafe, begin } = client;
  let closing: Promise<unknown> | undefined;

  function closeAll(error: unknown): void {
    if (!isReadOnly(error)) return;
    closing ??= closeSessions();
  }
  async function closeSessions(): Promise<void> {
    // Statements that run at a time go to different sessions.
    await Promise.allSettled(Array.from({ length: sessions }, () => unsafe(CLOSE_READ_ONLY)));
    closing = undefined;
  }

  return Object.assign(client, {
    unsafe(...statement: Parameters<typeof unsafe>) {
      const query = unsafe(...statement);
      // A query of postgres.js starts at its own `then`. The one of Promise only observes it.
      void Promise.prototype.then.call(query, undefined, closeAll);
      return query;
    },
    begin<T>(body: (tx: postgres.TransactionSql) => Promise<T>) {
      const running = begin(body);
      running.catch(closeAll);
      return running;
    },
  });
}
