import type { BatchOutcome } from "@millrace/core";
import { z } from "zod";

/** protobuf writes 64-bit integers as strings. A count of one can be absent. */
const count = z.coerce.number().int().min(0).catch(1).default(1);

/** A reason without the prefix that all reasons share. */
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
const statusResponse = z.object({
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

/** Google has these conversions from an earlier upload with a lost response, so they count as accepted. */
const DUPLICATES = ["DUPLICATE_TRANSACTION_ID", "DUPLICATE_GCLID"];

/** An error in Google's processing. The same conversion can be accepted later. */
const INTERNAL_ERROR = "INTERNAL_ERROR";

/** Reads the outcome of a request; undefined if the response is not a request status. */
export function outcomeOf(json: unknown): BatchOutcome | undefined {
  const parsed = statusResponse.safeParse(json);
  const [status] = parsed.data?.requestStatusPerDestination ?? [];
  if (!status) return undefined;
  const finalState = FINAL[status.requestStatus];
  if (finalState === undefined) return { state: "processing" };
  const all = status.errorInfo?.errorCounts ?? [];
  const errors = all.filter(({ reason }) => !DUPLICATES.includes(reason));
  const warnings = status.warningInfo?.warningCounts ?? [];
  const state = errors.length === all.length ? finalState : withoutDuplicates(errors);
  return { state, errors, warnings, retry: errors.some(({ reason }) => reason === INTERNAL_ERROR) };
}

/** Duplicates count as accepted, so a request with duplicates has not failed as a whole. */
function withoutDuplicates(errors: readonly unknown[]): "success" | "partial" {
  return errors.length === 0 ? "success" : "partial";
}
