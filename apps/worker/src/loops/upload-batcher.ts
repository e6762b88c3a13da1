import { setTimeout as wait } from "node:timers/promises";
import { type Logger, type NewId, type Now } from "@millrace/core";
import type { ConversionBatches } from "@millrace/db";
import type { FollowUpQueue } from "../follow-ups.ts";

/** Times of the batcher in ms. */
export type BatchTimings = {
  /** How long the first conversion of a batch waits for others. */
  batchWindowMs: number;
  /** How often it is looked for what has been gathered. */
  batchStepMs: number;
  /** How long nothing happens to a batch before its job is enqueued again, in case it is lost. */
  batchIdleMs: number;
};

const DEFAULT_TIMINGS: BatchTimings = { batchWindowMs: 10_000, batchStepMs: 1_000, batchIdleMs: 60_000 };

/** What gathers the conversions of one platform. */
export type BatcherParts = {
  integration: string;
  maxBatch: number;
  batches: ConversionBatches;
  followUps: FollowUpQueue;
  log: Logger;
  now: Now;
  newId: NewId;
  timings?: Partial<BatchTimings> | undefined;
};

/** Gathers conversions into batches, and sees that each batch has its job. Any number of workers may. */
export function startBatcher(parts: BatcherParts): { stop(): Promise<void> } {
  const { integration, maxBatch, batches, followUps, log, now, newId } = parts;
  const { batchWindowMs, batchStepMs, batchIdleMs } = { ...DEFAULT_TIMINGS, ...parts.timings };
  const stopping = new AbortController();

  async function step(): Promise<void> {
    const at = now();
    const formed = await batches.form({ integration, maxBatch, windowMs: batchWindowMs }, at);
    await batches.endDiscarded(integration, at);
    const idle = await batches.idle(integration, new Date(at.getTime() - batchIdleMs), at);
    if (formed.length > 0) log.info({ integration, batches: formed.length }, "conversions.batched");
    await followUps.enqueue({ correlationId: newId() }, [...formed, ...idle]);
  }

  const running = (async () => {
    while (!stopping.signal.aborted) {
      await step().catch((error: unknown) => log.warn({ integration, err: error }, "conversions.batching_failed"));
      await wait(batchStepMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
