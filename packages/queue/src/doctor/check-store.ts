import type { CheckResult, Logger } from "@millrace/core";
import { checkPostgresStore } from "./check-postgres.ts";
import { checkRedisStore } from "./check-redis.ts";

/** Looks at the queue's store with connections of its own: is it there, and will it keep what it was given? Never rejects. */
export function checkQueueStore(url: string): Promise<CheckResult[]> {
  return new URL(url).protocol.startsWith("redis") ? checkRedisStore(url) : checkPostgresStore(url);
}

/** Says once, where a process starts, what is wrong with the queue's store. It starts all the same. */
export async function warnOfQueueStore(url: string, log: Logger): Promise<void> {
  for (const { state, ...finding } of await checkQueueStore(url))
    if (state !== "ok") log.warn(finding, "queue_store.unsafe");
}
