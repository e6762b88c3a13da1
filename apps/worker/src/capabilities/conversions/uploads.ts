import {
  type ConversionUploads,
  type Http,
  type InboundEvent,
  LATEST_REQUEST_MS,
  type Logger,
  type Now,
  permanent,
} from "@millrace/core";
import { type ConversionBatches, type Inbox, outcomeJob, type RateLimits, type UploadBatch } from "@millrace/db";
import type { EventProcessor, JobResult } from "@millrace/queue";
import { z } from "zod";
import type { FollowUpQueue } from "../../follow-ups.ts";

/** Dependencies of {@link createUploadProcessor}. */
export type UploadDeps = {
  uploads: ConversionUploads;
  batches: ConversionBatches;
  inbox: Inbox;
  limits: RateLimits;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: { http: Http; log: Logger; now: Now };
};

const payload = z.object({ batchId: z.uuid() });
const accountPayload = z.object({ accountId: z.string() });

const DAY_MS = 24 * 3_600_000;

/**
 * Uploads a batch with one request per run, and then checks the status of the upload until the platform has processed
 * it. A conversion that the platform names as invalid is rejected alone; a batch that it refuses without a name is
 * halved. A batch is uploaded again if its answer was lost: the platform recognizes conversions by their transaction ids.
 */
export function createUploadProcessor(deps: UploadDeps): EventProcessor {
  return {
    scopes(event) {
      const parsed = accountPayload.safeParse(event.payload);
      return deps.uploads.scopes(parsed.success ? parsed.data.accountId : "");
    },
    isOutage: deps.isOutage,
    async process(event, signal) {
      const { batchId } = payload.parse(event.payload);
      const batch = await deps.batches.find(batchId);
      if (!batch) throw permanent("the batch does not exist", "no_batch");
      return event.kind === "outcome" ? checkStatus(deps, event, batch, signal) : upload(deps, event, batch, signal);
    },
  };
}

async function upload(
  deps: UploadDeps,
  event: InboundEvent,
  batch: UploadBatch,
  signal: AbortSignal,
): Promise<JobResult> {
  const { uploads, batches, followUps, ports } = deps;
  if (batch.state !== "formed") return { ...(await completeUpload(deps, event, batch)), noCall: true };
  if (batch.conversions.length === 0) {
    // An erasure deleted all its conversions after the batch was formed.
    await batches.reject(batch.id, [], ports.now());
    return { ...(await completeUpload(deps, event, { ...batch, state: "rejected" })), noCall: true };
  }
  const snoozed = await snoozeUntilSlot(deps, batch);
  if (snoozed) return snoozed;
  const answer = await uploads.send(batch, { ...ports, signal });
  const at = ports.now();
  if (answer.accepted) {
    await batches.markSent(batch.id, answer.requestId, at);
    return completeUpload(deps, event, { ...batch, state: "sent", sentAt: at });
  }
  const [only, ...others] = batch.conversions;
  if (answer.rejected.length > 0) await batches.reject(batch.id, answer.rejected, at);
  else if (only && others.length === 0) await batches.reject(batch.id, [{ id: only.id, reason: answer.reason }], at);
  else await followUps.enqueue(event, [await batches.split(batch.id)]);
  return {
    result: "snoozed",
    detail: "uploading again without the refused conversions",
    until: at,
    callSucceeded: true,
  };
}

/** Snoozes a batch until its slot in the platform's rate limit; undefined when one request may be sent now. */
async function snoozeUntilSlot({ uploads, batches, limits, ports }: UploadDeps, batch: UploadBatch) {
  const [scope = ""] = uploads.scopes(batch.accountId);
  const { sendSlotInMs } = batch;
  const kept = sendSlotInMs !== undefined && sendSlotInMs >= -LATEST_REQUEST_MS ? sendSlotInMs : undefined;
  const waitMs = kept ?? (await limits.reserve([{ scope, ...uploads.requestRate }]));
  const isDue = waitMs <= 0;
  await batches.setSendSlot(batch.id, isDue ? undefined : waitMs);
  const until = new Date(ports.now().getTime() + waitMs);
  return isDue ? undefined : ({ result: "snoozed", detail: "the platform's rate limit", until } as const);
}

/** Completes the upload's event, and enqueues the first status check of a batch that was sent. */
async function completeUpload(deps: UploadDeps, event: InboundEvent, batch: UploadBatch): Promise<JobResult> {
  const applied = await completeEvent(deps, event, batch.state);
  if (batch.state === "sent" && batch.sentAt) {
    const firstCheckAt = new Date(batch.sentAt.getTime() + deps.uploads.statusCheckAfterMs(0));
    await deps.followUps.enqueue(event, [outcomeJob(batch, firstCheckAt)]);
  }
  return applied;
}

function completeEvent({ inbox }: UploadDeps, event: InboundEvent, detail: string) {
  return inbox.applyOnce(event, { result: "written", detail, facts: [] });
}

async function checkStatus(
  deps: UploadDeps,
  event: InboundEvent,
  batch: UploadBatch,
  signal: AbortSignal,
): Promise<JobResult> {
  const { uploads, batches, followUps, ports } = deps;
  const { requestId, sentAt } = batch;
  if (batch.state !== "sent" || requestId === undefined || sentAt === undefined)
    return { ...(await completeEvent(deps, event, batch.state)), noCall: true };
  const snoozed = await snoozeUntilSlot(deps, batch);
  if (snoozed) return snoozed;
  const outcome = await uploads.outcome(requestId, batch.accountId, { ...ports, signal });
  const at = ports.now();
  if (outcome.state === "processing") {
    const days = uploads.processingLimitMs / DAY_MS;
    if (at.getTime() - sentAt.getTime() > uploads.processingLimitMs)
      throw permanent(`the platform has not processed the upload within ${days} days`, "processing");
    await batches.countStatusCheck(batch.id);
    const until = new Date(at.getTime() + uploads.statusCheckAfterMs(batch.statusChecks + 1));
    return { result: "snoozed", detail: "the platform is processing the upload", until, callSucceeded: true };
  }
  const retryMs = outcome.retry ? uploads.retryAfterMs(batch.attempts) : undefined;
  if (retryMs !== undefined) {
    const notBefore = new Date(at.getTime() + retryMs);
    await followUps.enqueue(event, await batches.retryFailed(batch.id, outcome, at, notBefore));
  } else await batches.complete(batch.id, outcome, at);
  return completeEvent(deps, event, outcome.state);
}
