import { z } from "zod";
import { type Environment, readEnvironment } from "./environment.ts";

/** Telegram and Meta repeat what they got no 200 for, WhatsApp for up to 7 days. */
const LEAST_EVENTS_DAYS = 8;

/** A given-up job is in its queue for 14 days. */
const LEAST_DEAD_LETTERS_DAYS = 15;

const variables = z.object({
  RETENTION_EVENTS_DAYS: days(
    90,
    LEAST_EVENTS_DAYS,
    "what a platform repeats changes nothing because its event is known, and WhatsApp repeats for 7 days",
  ),
  RETENTION_DEAD_LETTERS_DAYS: days(
    90,
    LEAST_DEAD_LETTERS_DAYS,
    "a given-up job is in its queue for 14 days, and would be written down as dead again",
  ),
  RETENTION_REPLAYS_DAYS: days(90),
  RETENTION_AUDIT_LOG_DAYS: days(365),
  RETENTION_ALERTS_DAYS: days(90),
});

/** Days, 0 standing for ever, with a default. */
function days(fallback: number, least = 1, why = "") {
  const error = `must be 0, for ever, or a number of days from ${least} on${why && `: ${why}`}`;
  return z.coerce
    .number({ error })
    .int(error)
    .refine((value) => value === 0 || value >= least, error)
    .default(fallback)
    .transform((value) => value || undefined);
}

/** For how many days what is over is kept; undefined for ever. */
export type RetentionDays = Readonly<
  Record<"events" | "deadLetters" | "replays" | "auditLog" | "alerts", number | undefined>
>;

/** Reads for how long what is over is kept. Throws EnvironmentError. */
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
