import { DEAD_LETTER_STATES, deadLetterSelectionSchema } from "@millrace/core";
import { z } from "zod";

/** Why something is done; it stands in the audit. */
const reason = z.string().min(1).max(500).optional().meta({ description: "Why; it stands in the audit." });

/** Which letters a change is for; all of them must be said. */
const chosen = {
  selection: deadLetterSelectionSchema.meta({ description: "All conditions must hold." }),
  all: z.literal(true).optional().meta({ description: "Must be said where the selection is empty." }),
  dryRun: z.boolean().default(false).meta({ description: "Tell how many and which, and change nothing." }),
  reason,
};

/** Refuses to change all dead letters unless that was said. */
const isChosen = ({ selection, all }: { selection: object; all?: true | undefined }) =>
  all === true || Object.keys(selection).length > 0;
const NOT_CHOSEN = { path: ["selection"], message: "name a condition, or say all: true" };

export const replayRequest = z
  .strictObject({
    ...chosen,
    rate: z.int().min(1).max(10_000).default(10).meta({ description: "Most in a second." }),
  })
  .refine(isChosen, NOT_CHOSEN)
  .meta({ id: "ReplayRequest" });

export const discardRequest = z.strictObject(chosen).refine(isChosen, NOT_CHOSEN).meta({ id: "DiscardRequest" });

export const editRequest = z
  .strictObject({
    payload: z
      .unknown()
      .refine((payload) => payload !== undefined, "is missing")
      .meta({ description: "What a replay will work on." }),
    reason,
  })
  .meta({ id: "EditRequest" });

export const cancelRequest = z.strictObject({ reason }).meta({ id: "CancelRequest" });

const time = z.iso.datetime();

export const deadLetterLine = z
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
  .meta({ id: "DeadLetterLine" });

export const deadLetter = deadLetterLine
  .extend({ payload: z.unknown().meta({ description: "With its secrets redacted." }) })
  .meta({ id: "DeadLetter" });

const count = z.int().min(0);

export const counts = z
  .object({ dead: count, replaying: count, resolved: count, discarded: count })
  .meta({ id: "DeadLetterCounts" });

export const replayAnswer = z
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
    progress: z.object({ waiting: count, replaying: count, resolved: count, dead: count, left: count }),
  })
  .meta({ id: "Replay" });

export const dryRunAnswer = z
  .object({
    dryRun: z.literal(true),
    letters: count,
    tally: z.array(z.object({ queue: z.string(), errorKind: z.string(), error: z.string(), letters: count })),
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
