import type { SentConversion } from "./conversions.ts";

/** A conversion that was taken. */
export type TakenConversion = SentConversion & {
  requestId: string;
  /** ISO 8601 in UTC. */
  at: string;
  /** Why processing refuses it; undefined where it counts. */
  reason: string | undefined;
};

/** What makes a conversion the same as another; undefined where nothing does. */
export function keyOf({ accountId, actionId, transactionId }: SentConversion): string | undefined {
  return transactionId === undefined ? undefined : `${accountId} ${actionId} ${transactionId}`;
}

/** What came before, by {@link keyOf}. */
export type Before = {
  /** What counts. */
  counted: Set<string>;
  /** How often processing has failed at what. */
  failed: Map<string, number>;
};

/** Processing's own failure. */
export const INTERNAL_ERROR = "PROCESSING_ERROR_REASON_INTERNAL_ERROR";

/**
 * Why processing refuses a conversion. A click id that begins with `invalid` cannot be decoded, one that begins with
 * `old` is of a click long ago; `warned` ones are taken with a warning. At one that begins with `internal` processing
 * fails itself the first time that it comes, with `internal3` the first three.
 * https://developers.google.com/data-manager/api/reference/rest/v1/requestStatus/retrieve
 */
export function reasonAgainst(conversion: SentConversion, { counted, failed }: Before): string | undefined {
  const { clickKind = "", clickId = "", adUserData } = conversion;
  const reason = (name: string) => `PROCESSING_ERROR_REASON_${name}`;
  if (clickId.startsWith("invalid")) return reason(`INVALID_${clickKind.toUpperCase()}`);
  if (clickId.startsWith("old")) return reason("EVENT_TOO_OLD");
  if (adUserData === "CONSENT_DENIED") return reason("DENIED_CONSENT");
  const key = keyOf(conversion) ?? "";
  const [fails, times] = /^internal(\d?)/.exec(clickId) ?? [];
  if (fails !== undefined && (failed.get(key) ?? 0) < Number(times || 1)) return INTERNAL_ERROR;
  return counted.has(key) ? reason("DUPLICATE_TRANSACTION_ID") : undefined;
}

/** What became of the conversions of a destination: never which, only how many for which reason. */
export function outcomeOf(conversions: readonly TakenConversion[]): object {
  const refusals = conversions.flatMap(({ reason }) => reason ?? []);
  const warned = conversions.filter(({ clickId }) => clickId?.startsWith("warned"));
  const warnings = warned.map(() => "PROCESSING_WARNING_REASON_INTERNAL_ERROR");
  return {
    requestStatus: statusOf(refusals.length, conversions.length),
    ...(refusals.length > 0 ? { errorInfo: { errorCounts: countsOf(refusals) } } : {}),
    ...(warnings.length > 0 ? { warningInfo: { warningCounts: countsOf(warnings) } } : {}),
  };
}

function statusOf(refused: number, all: number): string {
  if (refused === 0) return "SUCCESS";
  return refused === all ? "FAILED" : "PARTIAL_SUCCESS";
}

function countsOf(reasons: readonly string[]): object[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ recordCount: String(count), reason }));
}
