import type { Logger } from "@millrace/core";
import { createCircuitBreaker } from "../producer/circuit-breaker.ts";
import type { BackendRole, QueueBackend, StoreBackend } from "./backend.ts";
import { openPostgresBackend } from "./postgres/backend.ts";
import { openRedisBackend } from "./redis/backend.ts";

/** Postgres's silence during a statement after which a connection is replaced, in ms. */
const POSTGRES_SILENCE_MS = 15_000;

/** How long a consumer waits for any response of Redis, in ms. BullMQ's longest blocking command takes 10 s. */
const REDIS_SILENCE_MS = 12_000;

/**
 * Opens the queue's store by the scheme of its URL: `redis://`, `rediss://`, `postgres://` or `postgresql://`.
 * On Postgres all queues share a pool of `connections`, and each worker adds one; on Redis all share one connection.
 * @param log gets `queue.unavailable` when the circuit breaker of the producers opens and `queue.available` when it closes
 */
export function openQueueBackend(url: string, role: BackendRole, connections: number, log?: Logger): QueueBackend {
  const breaker = createCircuitBreaker(
    () => performance.now(),
    (availability) => log?.warn({}, `queue.${availability}`),
  );
  return { ...openStore(url, role, connections), breaker };
}

function openStore(url: string, role: BackendRole, connections: number): StoreBackend {
  const { protocol } = new URL(url);
  if (protocol === "redis:" || protocol === "rediss:") return openRedisBackend(url, role, REDIS_SILENCE_MS);
  if (protocol === "postgres:" || protocol === "postgresql:")
    return openPostgresBackend(url, role, connections, POSTGRES_SILENCE_MS);
  throw new Error(`no queue backend for ${protocol}//`);
}
