import type pg from "pg";
import type { BullConnection } from "./connection.ts";

/** SQLSTATE `read_only_sql_transaction`. A server in recovery reports it too. */
const READ_ONLY = "25006";

/**
 * Rejects a new connection to a server that is read-only. After a failover a name or a pooler may still lead to the old
 * primary. BullMQ keeps the connection of LISTEN for good, and would wait on such a server until the process restarts.
 */
async function refuseReadOnly(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>("show transaction_read_only");
  if (rows[0]?.transaction_read_only === "on")
    throw Object.assign(new Error("Postgres is read-only"), { code: READ_ONLY });
}

/**
 * Ends the connections that listen once the pool finds its server read-only. The pool itself discards a connection
 * after a failed query. A connection that listens runs no query, and its server sends no notification any more.
 */
export function discardReadOnly(pool: pg.Pool, connections: ReadonlySet<BullConnection>): void {
  const discard = (error: unknown) => {
    if (!(error instanceof Error) || !("code" in error) || error.code !== READ_ONLY) return;
    for (const { listenClient } of connections) listenClient?.emit("error", error);
  };
  pool.on("release", discard);
  const onConnect = async (client: pg.ClientBase) => {
    try {
      await refuseReadOnly(client);
    } catch (error) {
      discard(error);
      throw error;
    }
  };
  // The pool awaits it, although its type has no promise.
  Object.assign(pool.options, { onConnect });
}
