import type { BackendRole, QueueBackend } from "./backend.ts";
import { openPostgresBackend } from "./postgres-backend.ts";
import { openRedisBackend } from "./redis-backend.ts";

/**
 * Opens the queue's store by the scheme of its URL: `redis://`, `rediss://`, `postgres://` or `postgresql://`.
 * On Postgres all queues share a pool of `connections`, and each worker adds one; on Redis all share one connection.
 */
export function openQueueBackend(url: string, role: BackendRole, connections: number): QueueBackend {
  const { protocol } = new URL(url);
  if (protocol === "redis:" || protocol === "rediss:") return openRedisBackend(url, role);
  if (protocol === "postgres:" || protocol === "postgresql:") return openPostgresBackend(url, role, connections);
  throw new Error(`no queue backend for ${protocol}//`);
}
