import { ProviderError } from "@millrace/core";

/**
 * Network errors and SQLSTATEs that say that Postgres is away, starting, stopping, full, read-only after a failover
 * (25006), lets nobody in (28, 3D000), or that two transactions were in each other's way (40001, 40P01, 55P03), and not
 * that a statement is wrong.
 */
const OUTAGE =
  /^(ECONN.*|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST.*|ENET.*|CONNECTION_.*|CONNECT_TIMEOUT|08...|25006|28...|3D000|40001|40P01|53...|55P03|57P0.)$/;

/**
 * Whether an error says that Postgres itself is away: no fault of the job that met it. A provider's error is not one,
 * though its network fails with the same codes.
 * Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html and postgres.js's own CONNECTION_*.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof ProviderError) return false;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && OUTAGE.test(String(cause.code))) return true;
  }
  return false;
}
