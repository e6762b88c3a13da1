import { z } from "zod";

/** A job that used up its attempts or failed permanently, as the queue reports it. */
export type ExhaustedJob = {
  queue: string;
  jobId: string;
  integration: string;
  eventId: string;
  kind: string;
  payload: unknown;
  /** Our account that the job belongs to (page, number, bot), if the payload names one. */
  account?: string | undefined;
  /** `permanent`, `retryable` (attempts used up), `stalled` or `unknown`. */
  errorKind: string;
  /** Without secrets and personal data. */
  error: string;
  attempts: number;
  correlationId: string;
  receivedAt: Date;
  /** The event's position in its webhook request, from 0. */
  index?: number | undefined;
  failedAt: Date;
};

/** Dead letters, one row per job. */
export type DeadLetterStore = {
  /**
   * Writes the dead letter of a job, or updates it when a replay of the job failed too. A repeated call for the same
   * failure changes nothing. If the event's effects were committed after all, the row is `resolved` at once; if an
   * operator discarded the event, it is `discarded`. Returns whether this failure was recorded for the first time.
   */
  record(job: ExhaustedJob): Promise<boolean>;
  /** Returns the ids of the jobs with a recorded failure at that time or later. One statement for all. */
  findRecorded(queue: string, failures: readonly Pick<ExhaustedJob, "jobId" | "failedAt">[]): Promise<Set<string>>;
};

/** States of a dead letter; `discarded` by an operator is terminal. */
export const DEAD_LETTER_STATES = ["dead", "replaying", "resolved", "discarded"] as const;
/** See {@link DEAD_LETTER_STATES}. */
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** Text that Postgres can store. */
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0]*$/, "must hold no NUL");

/** A time that Postgres can store. */
const timestamp = z.iso.datetime({ offset: true }).refine((at) => !at.startsWith("0000"), "there is no year 0");

/** Selects dead letters by conditions that must all hold; without any condition it selects all. */
export const deadLetterSelectionSchema = z.strictObject({
  ids: z.array(z.uuid().toLowerCase()).min(1).max(1_000).optional().meta({ description: "Only these dead letters." }),
  queue: text.optional().meta({ description: "Name of a queue, e.g. `whatsapp-inbound`." }),
  integration: text.optional().meta({ description: "Id of an integration, e.g. `whatsapp`." }),
  errorKind: z
    .enum(["permanent", "retryable", "stalled", "unknown"])
    .optional()
    .meta({ description: "`retryable`: the job used up its attempts." }),
  text: text.optional().meta({ description: "Part of the error, ignoring the case of A to Z." }),
  tenant: text.optional().meta({ description: "Name of the tenant that owned the account then or owns it now." }),
  since: timestamp.optional().meta({ description: "Last failed at this time or later." }),
  until: timestamp.optional().meta({ description: "Last failed before this time." }),
});
/** See {@link deadLetterSelectionSchema}. */
export type DeadLetterSelection = z.infer<typeof deadLetterSelectionSchema>;
