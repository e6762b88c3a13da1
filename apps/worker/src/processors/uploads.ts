import { type ConversionUploads, type Http, type InboundEvent, type Logger, type Now, permanent } from "@millrace/core";
import { type ConversionBatches, type Inbox, outcomeJob, type RateLimits, type UploadBatch } from "@millrace/db";
import type { EventProcessor, Processed } from "@millrace/queue";
import { z } from "zod";
import type { FollowUpQueue } from "../follow-ups.ts";

/** What uploads the conversions of one platform. */
export type ConversionParts = {
  uploads: ConversionUploads;
  batches: ConversionBatches;
  inbox: Inbox;
  limits: RateLimits;
  followUps: FollowUpQueue;
  isOutage(error: unknown): boolean;
  ports: { http: Http; log: Logger; now: Now };
};

const payload = z.object({ batchId: z.uuid() });

/** Requests that may come at once before the pace holds: together with it they stay below the platform's limit. */
const BURST = 20;

/** Of the platform's requests a minute, how many are made: other programs of the project make some too. */
const SHARE = 0.8;

/**
 * How late a batch's place in the limit is used, in ms. A later one is taken anew: after a hold, or when no worker was
 * there, all would leave together. So in any minute there are at most 20 + 65 s x 4 = 280 of the 300 that Google allows.
 */
const LATE_MS = 5_000;

/**
 * When the platform is asked what became of a batch, where it says to wait for 30 minutes first: then a third of that, and
 * twice as long each time. https://developers.google.com/data-manager/api/devguides/diagnostics
 *
 * | asked | waits before it | since it was sent |
 * | ----- | --------------- | ----------------- |
 * | 1     | 30 min          | 30 min            |
 * | 2     | 10 min          | 40 min            |
 * | 3     | 20 min          | 1 h               |
 * | 4     | 40 min          | 1 h 40 min        |
 * | 5     | 80 min          | 3 h               |
 * | 6     | 160 min         | 5 h 40 min        |
 * | 7 …   | 5 h 20 min, 6 h |                   |
 */
const LONGEST_LOOK_MS = 6 * 3_600_000;

/** How long a batch may be in processing before a person should know. */
const GIVE_UP_MS = 7 * 24 * 3_600_000;

/**
 * How often conversions are sent of which the platform says that it failed at them itself, and the longer each time:
 *
 * | try | waits before it | at the earliest since the first |
 * | --- | --------------- | ------------------------------- |
 * | 1   |                 |                                 |
 * | 2   | 30 min          | 1 h                             |
 * | 3   | 1 h             | 2 h 30 min                      |
 * | 4   | 2 h             | 5 h                             |
 */
const MOST_TRIES = 4;

/**
 * The way of a batch: one request in each attempt. What the platform refuses by name costs itself alone, what it refuses
 * without a name is halved; what it has taken is asked after until it is done. A batch whose answer was lost is sent
 * again: the platform knows its conversions by their transaction ids.
 */
export function createConversionProcessor(parts: ConversionParts): EventProcessor {
  return {
    scopes: (event) => parts.uploads.scopes(accountOf(event)),
    isOutage: parts.isOutage,
    async process(event, signal) {
      const { batchId } = payload.parse(event.payload);
      const batch = await parts.batches.find(batchId);
      if (!batch) throw permanent("there is no such batch", "no_batch");
      return event.kind === "outcome" ? ask(parts, event, batch, signal) : upload(parts, event, batch, signal);
    },
  };
}

function accountOf(event: InboundEvent): string {
  const known = z.object({ accountId: z.string() }).safeParse(event.payload);
  return known.success ? known.data.accountId : "";
}

async function upload(
  parts: ConversionParts,
  event: InboundEvent,
  batch: UploadBatch,
  signal: AbortSignal,
): Promise<Processed> {
  const { uploads, batches, followUps, ports } = parts;
  if (batch.state !== "formed") return { ...(await finish(parts, event, batch)), noCall: true };
  if (batch.conversions.length === 0) {
    // All were erased meanwhile.
    await batches.reject(batch.id, [], ports.now());
    return { ...(await finish(parts, event, { ...batch, state: "rejected" })), noCall: true };
  }
  const wait = await slotOf(parts, batch);
  if (wait) return wait;
  const answer = await uploads.send(batch, { ...ports, signal });
  const at = ports.now();
  if (answer.accepted) {
    await batches.sent(batch.id, answer.requestId, at);
    return finish(parts, event, { ...batch, state: "sent", sentAt: at });
  }
  const [only, ...others] = batch.conversions;
  if (answer.rejected.length > 0) await batches.reject(batch.id, answer.rejected, at);
  else if (only && others.length === 0) await batches.reject(batch.id, [{ id: only.id, reason: answer.reason }], at);
  else await followUps.enqueue(event, [await batches.halve(batch.id)]);
  return { result: "snoozed", detail: "some were refused: the rest goes without them", until: at, callSucceeded: true };
}

/** Until when the platform's limit holds a request about the batch up; undefined when one may go, and only one. */
async function slotOf({ uploads, batches, limits, ports }: ConversionParts, batch: UploadBatch) {
  const now = ports.now();
  const [scope = ""] = uploads.scopes(batch.accountId);
  const limit = { scope, intervalMs: 60_000 / (uploads.requestsPerMinute * SHARE), burst: BURST };
  const kept = batch.sendSlotAt && now.getTime() - batch.sendSlotAt.getTime() <= LATE_MS ? batch.sendSlotAt : undefined;
  const until = kept ?? (await limits.reserve([limit], now));
  const goes = until <= now;
  await batches.keepSlot(batch.id, goes ? undefined : until);
  if (goes) return undefined;
  return { result: "snoozed", detail: "the platform's limit", until } as const;
}

/** The batch is sent, or there is nothing left of it: what follows is to ask after it. */
async function finish(parts: ConversionParts, event: InboundEvent, batch: UploadBatch): Promise<Processed> {
  const settled = await parts.inbox.applyOnce(event, async () => ({ result: "written", detail: batch.state }));
  if (batch.state === "sent" && batch.sentAt) {
    const firstLook = new Date(batch.sentAt.getTime() + parts.uploads.firstCheckAfterMs);
    await parts.followUps.enqueue(event, [outcomeJob(batch, firstLook)]);
  }
  return settled;
}

async function ask(
  parts: ConversionParts,
  event: InboundEvent,
  batch: UploadBatch,
  signal: AbortSignal,
): Promise<Processed> {
  const { uploads, batches, inbox, followUps, ports } = parts;
  const { requestId, sentAt } = batch;
  if (batch.state !== "sent" || requestId === undefined || sentAt === undefined)
    return {
      ...(await inbox.applyOnce(event, async () => ({ result: "written", detail: batch.state }))),
      noCall: true,
    };
  const wait = await slotOf(parts, batch);
  if (wait) return wait;
  const outcome = await uploads.outcome(requestId, batch.accountId, { ...ports, signal });
  const at = ports.now();
  if (outcome.state === "processing") {
    if (at.getTime() - sentAt.getTime() > GIVE_UP_MS) throw permanent("still in processing after a week", "processing");
    await batches.checked(batch.id);
    const waitMs = Math.min((uploads.firstCheckAfterMs / 3) * 2 ** batch.statusChecks, LONGEST_LOOK_MS);
    const until = new Date(at.getTime() + waitMs);
    return { result: "snoozed", detail: "the platform still processes it", until, callSucceeded: true };
  }
  if (outcome.retry && batch.attempts < MOST_TRIES) {
    const notBefore = new Date(at.getTime() + uploads.firstCheckAfterMs * 2 ** (batch.attempts - 1));
    await followUps.enqueue(event, await batches.again(batch.id, outcome, at, notBefore));
  } else await batches.settle(batch.id, outcome, at);
  return inbox.applyOnce(event, async () => ({ result: "written", detail: outcome.state }));
}
