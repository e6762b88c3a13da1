import type pg from "pg";

/** SQLSTATE `read_only_sql_transaction`. A server in recovery reports it too. */
const READ_ONLY = "25006";

/**
 * Rejects a new connection to a server that is read-only. After a failover a name or a pooler may still lead to the old
 * primary. BullMQ keeps the connection of LISTEN for good, and would wait on such a server until the process restarts.
 */
export async function refuseReadOnly(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ transaction_read_only: string }>("show transaction_read_only");
  if (rows[0]?.transaction_read_only === "on")
    throw Object.assign(new Error("Postgres is read-only"), { code: READ_ONLY });
}

/**
 * Discards the connections to a server that became read-only. The pool itself discards each connection whose query
 * failed. The connections that listen run no query, so a failure elsewhere ends them: their server sends no notification.
 */
export function discardReadOnly(pool: pg.Pool): void {
  const clients = new Set<pg.PoolClient>();
  pool.on("connect", (client) => clients.add(client));
  pool.on("remove", (client) => clients.delete(client as pg.PoolClient));
  pool.on("release", (error) => {
    if (!("code" in Object(error)) || (error as Error & { code: unknown }).code !== READ_ONLY) return;
    for (const client of clients) if (client.listenerCount("notification") > 0) client.emit("error", error);
  });
}
