import { z } from "zod";

/** A job that was given up, as the queue tells of it and Postgres keeps it. */
export type ExhaustedJob = {
  queue: string;
  jobId: string;
  integration: string;
  eventId: string;
  kind: string;
  payload: unknown;
  /** The page, number or bot that it is about, where it tells of one. */
  account?: string | undefined;
  /** `permanent`, `retryable` (attempts used up), `stalled` or `unknown`. */
  errorKind: string;
  /** Without secrets and personal data. */
  error: string;
  attempts: number;
  correlationId: string;
  receivedAt: Date;
  failedAt: Date;
};

/** Where dead letters are kept, one row per job. */
export type DeadLetterStore = {
  /**
   * Writes the dead letter of a job, or brings it up to date when the job was given up again. Repeating it for the
   * same end changes nothing. If the event's effects are committed after all, the row is `resolved` at once. Tells
   * whether this end was not written down before.
   */
  record(job: ExhaustedJob): Promise<boolean>;
};

/** What a dead letter can be: `discarded` by a person, for good. */
export const DEAD_LETTER_STATES = ["dead", "replaying", "resolved", "discarded"] as const;
/** See {@link DEAD_LETTER_STATES}. */
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** Text as Postgres keeps it. */
const text = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\0]*$/, "must hold no NUL");

/** A moment that a calendar has. */
const moment = z.iso.datetime({ offset: true }).refine((at) => !at.startsWith("0000"), "there is no year 0");

/** Which dead letters are meant; all conditions must hold, and none means all. */
export const deadLetterSelectionSchema = z.strictObject({
  ids: z.array(z.uuid().toLowerCase()).min(1).max(1_000).optional().meta({ description: "These and no others." }),
  queue: text.optional().meta({ description: "Name of a queue, e.g. `whatsapp-inbound`." }),
  integration: text.optional().meta({ description: "Id of an integration, e.g. `whatsapp`." }),
  errorKind: z
    .enum(["permanent", "retryable", "stalled", "unknown"])
    .optional()
    .meta({ description: "`retryable`: its attempts are used up." }),
  text: text.optional().meta({ description: "Part of the error, in whatever case." }),
  tenant: text.optional().meta({ description: "Name of the tenant whose it was, or whose it is by now." }),
  since: moment.optional().meta({ description: "Died last at or after this moment." }),
  until: moment.optional().meta({ description: "Died last before this moment." }),
});
/** See {@link deadLetterSelectionSchema}. */
export type DeadLetterSelection = z.infer<typeof deadLetterSelectionSchema>;
