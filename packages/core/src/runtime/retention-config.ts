import { z } from "zod";
import { type Environment, readEnvironment } from "./environment.ts";

/** Platforms repeat webhooks that got no 200, for up to 7 days. */
const MIN_EVENTS_DAYS = 8;

/** A dead-lettered job stays in its queue for 14 days. */
const MIN_DEAD_LETTERS_DAYS = 15;

const variables = z.object({
  RETENTION_EVENTS_DAYS: days(
    90,
    MIN_EVENTS_DAYS,
    "Millrace recognizes a repeated webhook by its stored event, and platforms repeat webhooks for up to 7 days",
  ),
  RETENTION_DEAD_LETTERS_DAYS: days(
    90,
    MIN_DEAD_LETTERS_DAYS,
    "a failed job stays in its queue for 14 days, and must not get a second dead letter",
  ),
  RETENTION_REPLAYS_DAYS: days(90),
  RETENTION_AUDIT_LOG_DAYS: days(365),
  RETENTION_ALERTS_DAYS: days(90),
});

/** A number of days with a default; 0 means forever and becomes undefined. */
function days(fallback: number, min = 1, why = "") {
  const error = `must be 0 (forever) or at least ${min} ${min === 1 ? "day" : "days"}${why && `: ${why}`}`;
  return z.coerce
    .number({ error })
    .int(error)
    .refine((value) => value === 0 || value >= min, error)
    .default(fallback)
    .transform((value) => value || undefined);
}

/** How many days completed rows are stored; undefined is forever. */
export type RetentionDays = Readonly<
  Record<"events" | "deadLetters" | "replays" | "auditLog" | "alerts", number | undefined>
>;

/** Reads how long completed rows are stored. Throws EnvironmentError. */
export function readRetentionDays(environment: Environment): RetentionDays {
  const read = readEnvironment(variables, environment);
  return {
    events: read.RETENTION_EVENTS_DAYS,
    deadLetters: read.RETENTION_DEAD_LETTERS_DAYS,
    replays: read.RETENTION_REPLAYS_DAYS,
    auditLog: read.RETENTION_AUDIT_LOG_DAYS,
    alerts: read.RETENTION_ALERTS_DAYS,
  };
}
