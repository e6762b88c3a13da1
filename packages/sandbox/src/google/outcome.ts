import type { SentConversion } from "./conversions.ts";

/** An accepted conversion. */
export type AcceptedConversion = SentConversion & {
  requestId: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** Why processing rejects it; undefined if it counts. */
  reason: string | undefined;
};

/** Returns the key that identifies duplicates, or undefined without a transaction id. */
export function keyOf({ accountId, actionId, transactionId }: SentConversion): string | undefined {
  return transactionId === undefined ? undefined : `${accountId} ${actionId} ${transactionId}`;
}

/** Earlier results by {@link keyOf}. */
export type History = {
  /** Conversions that count. */
  counted: Set<string>;
  /** Number of internal errors of each conversion. */
  failures: Map<string, number>;
};

/** The reason of an error within Google's processing. */
export const INTERNAL_ERROR = "PROCESSING_ERROR_REASON_INTERNAL_ERROR";

/**
 * Returns why processing rejects a conversion, or undefined if it counts. The prefix of the click id selects the result:
 * `invalid` cannot be decoded, `old` is of an old click, and `warned` counts with a warning. `internal` fails with an
 * internal error at its first upload, and `internal3` at its first three.
 * https://developers.google.com/data-manager/api/reference/rest/v1/requestStatus/retrieve
 */
export function rejectionReasonOf(conversion: SentConversion, { counted, failures }: History): string | undefined {
  const { clickKind = "", clickId = "", adUserData } = conversion;
  const reason = (name: string) => `PROCESSING_ERROR_REASON_${name}`;
  if (clickId.startsWith("invalid")) return reason(`INVALID_${clickKind.toUpperCase()}`);
  if (clickId.startsWith("old")) return reason("EVENT_TOO_OLD");
  if (adUserData === "CONSENT_DENIED") return reason("DENIED_CONSENT");
  const key = keyOf(conversion) ?? "";
  const [internal, times] = /^internal(\d?)/.exec(clickId) ?? [];
  if (internal !== undefined && (failures.get(key) ?? 0) < Number(times || 1)) return INTERNAL_ERROR;
  return counted.has(key) ? reason("DUPLICATE_TRANSACTION_ID") : undefined;
}

/** Builds the status of a destination. As at Google, it counts the conversions per reason and names none of them. */
export function destinationStatusOf(conversions: readonly AcceptedConversion[]): object {
  const errors = conversions.flatMap(({ reason }) => reason ?? []);
  const warned = conversions.filter(({ clickId }) => clickId?.startsWith("warned"));
  const warnings = warned.map(() => "PROCESSING_WARNING_REASON_INTERNAL_ERROR");
  return {
    requestStatus: statusOf(errors.length, conversions.length),
    ...(errors.length > 0 ? { errorInfo: { errorCounts: countsOf(errors) } } : {}),
    ...(warnings.length > 0 ? { warningInfo: { warningCounts: countsOf(warnings) } } : {}),
  };
}

function statusOf(rejected: number, total: number): string {
  if (rejected === 0) return "SUCCESS";
  return rejected === total ? "FAILED" : "PARTIAL_SUCCESS";
}

function countsOf(reasons: readonly string[]): object[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ recordCount: String(count), reason }));
}
