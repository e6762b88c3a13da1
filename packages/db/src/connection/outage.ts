import { DrizzleQueryError } from "drizzle-orm";
import { ProviderError } from "@millrace/core";

/**
 * SQLSTATEs that the data of a statement causes: class 22 (a value of the wrong form) and class 23 (a constraint). Three
 * more depend on the values alone: two rows of one statement with the same key (21), a value that is too large for an
 * index or nested too deeply (54), and a row that a trigger refuses by `raise exception` (P0001).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const DATA_ERROR = /^(2[123]...|54...|P0001)$/;

/** Codes by which postgres.js refuses a statement before it sends it, because our code called it wrongly. */
const MISUSE = new Set(["UNDEFINED_VALUE", "NOT_TAGGED_CALL", "MAX_PARAMETERS_EXCEEDED", "UNSAFE_TRANSACTION"]);

/** Node reports some wrong TLS settings as a TypeError; they belong to the connection all the same. */
const TLS_CODE = /^ERR_(TLS|SSL)_/;

/**
 * Whether an error means that Postgres cannot do its work now, so that the job did not cause the error and waits. That is
 * every error of a connection and every error that Postgres reports, except those in {@link DATA_ERROR}: also a column
 * that does not exist yet, a missing grant, a statement timeout and an error of a pooler or of TLS.
 *
 * Only errors of statements and transactions count, which are a DrizzleQueryError. A provider's network fails with the
 * same codes, and an ordinary bug in a transaction is no error of Postgres.
 */
export function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProviderError) return false;
    if (cause instanceof DrizzleQueryError) return !isOwnFault(cause.cause);
  }
  return false;
}

/** The code that Postgres, postgres.js or Node gave an error of the database; undefined when it has none. */
export function databaseErrorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (!(cause instanceof DrizzleQueryError) && "code" in cause) return String(cause.code);
  return undefined;
}

/** Whether the statement itself, or the code that built it, is at fault. */
function isOwnFault(cause: unknown): boolean {
  const code = databaseErrorCode(cause) ?? "";
  if (DATA_ERROR.test(code) || MISUSE.has(code)) return true;
  return (cause instanceof TypeError || cause instanceof RangeError) && !TLS_CODE.test(code);
}
