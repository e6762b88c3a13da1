import type { CheckResult, Logger } from "@millrace/core";
import { checkPostgresStore } from "./check-postgres.ts";
import { checkRedisStore } from "./check-redis.ts";

/** Checks over its own connections whether the queue's store is reachable and keeps its jobs. Never rejects. */
export function checkQueueStore(url: string): Promise<CheckResult[]> {
  return new URL(url).protocol.startsWith("redis") ? checkRedisStore(url) : checkPostgresStore(url);
}

/** Logs the checks of the queue's store that are not ok. A process calls it at its start, and starts in any case. */
export async function logQueueStoreChecks(url: string, log: Logger): Promise<void> {
  for (const { state, ...result } of await checkQueueStore(url))
    if (state !== "ok") log.warn(result, "queue_store.unsafe");
}
