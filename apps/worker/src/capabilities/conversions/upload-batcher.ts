import type { Logger, NewId, Now } from "@millrace/core";
import type { ConversionBatches } from "@millrace/db";
import type { FollowUpQueue } from "../../follow-ups.ts";
import { type Loop, startLoop } from "../../loops/loop.ts";

/** Times of the batcher in ms. */
export type BatchTimings = {
  /** How long the first conversion of a batch waits for others. */
  batchWindowMs: number;
  /** How often the batcher forms batches. */
  batchStepMs: number;
  /** How long a batch may be idle before its job is enqueued again, in case the job was lost. */
  batchIdleMs: number;
};

const DEFAULT_TIMINGS: BatchTimings = { batchWindowMs: 10_000, batchStepMs: 1_000, batchIdleMs: 60_000 };

/** Dependencies of {@link startUploadBatcher}. */
export type UploadBatcherDeps = {
  /** The integration that uploads the conversions. */
  integration: string;
  maxBatch: number;
  batches: ConversionBatches;
  followUps: FollowUpQueue;
  ports: { log: Logger; now: Now; newId: NewId };
  timings?: Partial<BatchTimings> | undefined;
};

/**
 * Forms batches of an integration's conversions and makes sure that each batch has its job. Several workers may run it
 * at the same time.
 */
export function startUploadBatcher({ integration, maxBatch, batches, followUps, ...deps }: UploadBatcherDeps): Loop {
  const { log, now, newId } = deps.ports;
  const { batchWindowMs, batchStepMs, batchIdleMs } = { ...DEFAULT_TIMINGS, ...deps.timings };

  async function step(): Promise<void> {
    const at = now();
    const formed = await batches.form({ integration, maxBatch, windowMs: batchWindowMs }, at);
    await batches.endDiscarded(integration, at);
    const idle = await batches.idleJobs(integration, new Date(at.getTime() - batchIdleMs), at);
    if (formed.length > 0) log.info({ integration, batches: formed.length }, "conversions.batched");
    await followUps.enqueue({ correlationId: newId() }, [...formed, ...idle]);
  }

  return startLoop(
    batchStepMs,
    () => step(),
    (error) => log.warn({ integration, err: error }, "conversions.batching_failed"),
  );
}
