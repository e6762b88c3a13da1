import { ProviderError } from "@millrace/core";

/**
 * Network errors and SQLSTATEs of a Postgres that is down, starting, stopping, full, read-only after a failover (25006)
 * or rejects the login (28, 3D000), and of conflicts between transactions (40001, 40P01, 55P03). Errors of a statement
 * itself are not included.
 */
const OUTAGE =
  /^(ECONN.*|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST.*|ENET.*|CONNECTION_.*|CONNECT_TIMEOUT|08...|25006|28...|3D000|40001|40P01|53...|55P03|57P0.)$/;

/**
 * Whether an error means that Postgres is unavailable, so that the job did not cause it. A provider's error is excluded,
 * because a provider's network fails with the same codes.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html and postgres.js's own CONNECTION_*.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof ProviderError) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && OUTAGE.test(String(cause.code))) return true;
  }
  return false;
}
