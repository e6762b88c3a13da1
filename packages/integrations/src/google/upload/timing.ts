import type { ConversionUploads } from "@millrace/core";

/**
 * Google allows 300 requests per minute. It counts reads and uploads separately, and counted them together before; one
 * rate for both suits either. https://developers.google.com/data-manager/api/devguides/limits
 *
 * Millrace uses four fifths, other programs of the project use the rest. A request can be up to 5 s late, so any minute
 * has at most 20 + 65 s x 4 = 280 requests.
 */
export const REQUEST_RATE: ConversionUploads["requestRate"] = { intervalMs: 60_000 / (300 * 0.8), burst: 20 };

/** How long Google may process a batch. */
export const PROCESSING_LIMIT_MS = 7 * 24 * 3_600_000;

const LONGEST_CHECK_WAIT_MS = 6 * 3_600_000;

/**
 * The wait for the next status check of a batch. Google asks to wait 30 minutes for the first, which is `firstAfterMs`.
 * The second check follows after a third of that, and each wait is twice the one before.
 * https://developers.google.com/data-manager/api/devguides/diagnostics
 *
 * | check | waits before it | since it was sent |
 * | ----- | --------------- | ----------------- |
 * | 1     | 30 min          | 30 min            |
 * | 2     | 10 min          | 40 min            |
 * | 3     | 20 min          | 1 h               |
 * | 4     | 40 min          | 1 h 40 min        |
 * | 5     | 80 min          | 3 h               |
 * | 6     | 160 min         | 5 h 40 min        |
 * | 7 …   | 5 h 20 min, 6 h |                   |
 */
export function statusCheckAfterMs(firstAfterMs: number, checks: number): number {
  return checks === 0 ? firstAfterMs : Math.min((firstAfterMs / 3) * 2 ** (checks - 1), LONGEST_CHECK_WAIT_MS);
}

const MAX_ATTEMPTS = 4;

/**
 * The wait before conversions are uploaded again that Google itself failed to process; undefined after the last attempt.
 *
 * | attempt | waits before it | at the earliest since the first |
 * | ------- | --------------- | ------------------------------- |
 * | 1       |                 |                                 |
 * | 2       | 30 min          | 1 h                             |
 * | 3       | 1 h             | 2 h 30 min                      |
 * | 4       | 2 h             | 5 h                             |
 */
export function retryAfterMs(firstCheckAfterMs: number, attempts: number): number | undefined {
  return attempts < MAX_ATTEMPTS ? firstCheckAfterMs * 2 ** (attempts - 1) : undefined;
}
