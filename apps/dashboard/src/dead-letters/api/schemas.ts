import { DEAD_LETTER_STATES, deadLetterSelectionSchema } from "@millrace/core";
import { z } from "zod";

/** The reason of a change, for the audit log. */
const reason = z.string().min(1).max(500).optional().meta({ description: "The reason, for the audit log." });

/** The dead letters that a change applies to. */
const target = {
  selection: deadLetterSelectionSchema.meta({ description: "All conditions must match." }),
  all: z.literal(true).optional().meta({ description: "Required when the selection is empty." }),
  dryRun: z.boolean().default(false).meta({ description: "Count the dead letters and change none." }),
  reason,
};

/** An empty selection selects every dead letter. Requiring `all` keeps a forgotten condition from changing them all. */
const isExplicit = ({ selection, all }: { selection: object; all?: true | undefined }) =>
  all === true || Object.keys(selection).length > 0;
const NOT_EXPLICIT = { path: ["selection"], message: "name a condition, or set all: true" };

export const replayRequest = z
  .strictObject({
    ...target,
    rate: z.int().min(1).max(10_000).default(10).meta({ description: "Highest number of jobs per second." }),
  })
  .refine(isExplicit, NOT_EXPLICIT)
  .meta({ id: "ReplayRequest" });

export const discardRequest = z.strictObject(target).refine(isExplicit, NOT_EXPLICIT).meta({ id: "DiscardRequest" });

export const editRequest = z
  .strictObject({
    payload: z
      .unknown()
      .refine((payload) => payload !== undefined, "is missing")
      .meta({ description: "The payload of the replayed job." }),
    reason,
  })
  .meta({ id: "EditRequest" });

export const cancelRequest = z.strictObject({ reason }).meta({ id: "CancelRequest" });

export const idParameter = z.object({ id: z.uuid().toLowerCase() });

const time = z.iso.datetime();

export const deadLetterSummary = z
  .object({
    id: z.uuid(),
    queue: z.string(),
    jobId: z.string(),
    integration: z.string(),
    eventId: z.string(),
    kind: z.string(),
    account: z.string().nullable(),
    state: z.enum(DEAD_LETTER_STATES),
    errorKind: z.string(),
    error: z.string(),
    attempts: z.int(),
    correlationId: z.string(),
    receivedAt: time,
    firstFailedAt: time,
    failedAt: time,
    resolvedAt: time.nullable(),
    history: z.array(
      z.object({ at: z.iso.datetime({ offset: true }), errorKind: z.string(), error: z.string(), attempts: z.int() }),
    ),
  })
  .meta({ id: "DeadLetterSummary" });

export const deadLetter = deadLetterSummary
  .extend({ payload: z.unknown().meta({ description: "The payload with its secrets redacted." }) })
  .meta({ id: "DeadLetter" });

const count = z.int().min(0);

export const counts = z
  .object({ dead: count, replaying: count, resolved: count, discarded: count })
  .partial()
  .meta({ id: "DeadLetterCounts" });

export const isExact = z.boolean().meta({
  description: "False if there are more than the count: at most 10,000 dead letters of a selection are counted.",
});

export const replay = z
  .object({
    id: z.uuid(),
    state: z.enum(["running", "done", "stopped", "cancelled"]),
    actor: z.string(),
    reason: z.string().nullable(),
    rate: z.int(),
    total: count,
    detail: z.string().nullable(),
    createdAt: time,
    endedAt: time.nullable(),
    progress: z.object({ waiting: count, replaying: count, resolved: count, dead: count, skipped: count }),
  })
  .meta({ id: "Replay" });

export const dryRun = z
  .object({
    dryRun: z.literal(true),
    count,
    isExact,
    countsByError: z.array(z.object({ queue: z.string(), errorKind: z.string(), error: z.string(), count })),
  })
  .meta({ id: "DryRun" });

export const listQuery = deadLetterSelectionSchema
  .omit({ ids: true })
  .extend({
    state: z.enum(DEAD_LETTER_STATES).default("dead"),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
    limit: z.coerce.number().int().min(1).max(500).default(50),
  })
  .meta({ id: "DeadLetterQuery" });
