import type { BatchOutcome } from "@millrace/core";
import { z } from "zod";

/** protobuf writes 64-bit integers as texts; a count of one may be left out. */
const count = z.coerce.number().int().min(0).catch(1).default(1);

/** Without the beginning that all of them share. */
const reason = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,99}$/)
  .catch("UNKNOWN")
  .transform((name) => name.replace(/^PROCESSING_(?:ERROR|WARNING)_REASON_/, ""));

const counts = z
  .array(
    z.object({ reason, recordCount: count }).transform(({ reason, recordCount }) => ({ reason, count: recordCount })),
  )
  .catch([])
  .default([]);

/** https://developers.google.com/data-manager/api/reference/rest/v1/requestStatus/retrieve */
const answer = z.object({
  requestStatusPerDestination: z
    .array(
      z.object({
        requestStatus: z.string(),
        errorInfo: z.object({ errorCounts: counts }).optional(),
        warningInfo: z.object({ warningCounts: counts }).optional(),
      }),
    )
    .length(1),
});

const FINAL: Readonly<Record<string, "success" | "partial" | "failed">> = {
  SUCCESS: "success",
  PARTIAL_SUCCESS: "partial",
  FAILED: "failed",
};

/** Google has them already, by an upload whose answer was lost: that is what was wanted. */
const TAKEN_BEFORE = ["DUPLICATE_TRANSACTION_ID", "DUPLICATE_GCLID"];

/** Its own fault: the same conversion may be taken another time. */
const OWN_FAULT = "INTERNAL_ERROR";

/** What Google's answer says has become of a request; undefined for what is no such answer. */
export function outcomeOf(json: unknown): BatchOutcome | undefined {
  const parsed = answer.safeParse(json);
  const [status] = parsed.data?.requestStatusPerDestination ?? [];
  if (!status) return undefined;
  const told = FINAL[status.requestStatus];
  if (told === undefined) return { state: "processing" };
  const all = status.errorInfo?.errorCounts ?? [];
  const errors = all.filter(({ reason }) => !TAKEN_BEFORE.includes(reason));
  const warnings = status.warningInfo?.warningCounts ?? [];
  const state = errors.length === all.length ? told : withoutDuplicates(errors);
  return { state, errors, warnings, retry: errors.some(({ reason }) => reason === OWN_FAULT) };
}

/** Those that Google had before count as taken: with them no request has failed as a whole. */
function withoutDuplicates(errors: readonly unknown[]): "success" | "partial" {
  return errors.length === 0 ? "success" : "partial";
}
