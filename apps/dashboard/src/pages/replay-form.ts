import { type DeadLetterSelection, deadLetterSelectionSchema } from "@millrace/core";
import { z } from "zod";

/** Fields of the form that describe a replay. The preview repeats them, so that its buttons act on what it shows. */
export const REPLAY_FIELDS = ["queue", "errorKind", "text", "tenant", "since", "until", "rate", "reason"] as const;

const options = z.object({
  rate: z.coerce.number().int().min(1).max(10_000).default(10),
  reason: z.string().max(500).optional(),
});

/** The dead letters that a form selects, with the rate in jobs per second and the reason; or its first error. */
export type ReplayForm =
  | { ok: true; selection: DeadLetterSelection; rate: number; reason: string | undefined }
  | { ok: false; error: string };

/** Reads the fields of the form. An empty field is no condition, and an unknown field is an error. */
export function readReplayForm(fields: Readonly<Record<string, string>>): ReplayForm {
  const filled = Object.entries(fields).filter(([, value]) => value.trim() !== "");
  const {
    preview: _preview,
    do: _do,
    count: _count,
    rate,
    reason,
    since,
    until,
    ...conditions
  } = Object.fromEntries(filled);
  const times = { ...(since ? { since: inUtc(since) } : {}), ...(until ? { until: inUtc(until) } : {}) };
  const selection = deadLetterSelectionSchema.safeParse({ ...conditions, ...times });
  const read = options.safeParse({ rate, reason });
  if (selection.success && read.success)
    return { ok: true, selection: selection.data, rate: read.data.rate, reason: read.data.reason };
  const [issue] = [...(selection.error?.issues ?? []), ...(read.error?.issues ?? [])];
  return { ok: false, error: `${issue?.path.join(".")}: ${issue?.message}` };
}

/** The value of a `datetime-local` field has no time zone, and seconds only if they are set. Its label states UTC. */
function inUtc(local: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) ? `${local}:00Z` : `${local}Z`;
}
