/**
 * Errors of a server that is a replica now, or a replica without its master. The new master may be behind the same
 * address. A script of Redis 6 wraps the error of its command.
 */
const NOT_MASTER = /^(READONLY|MASTERDOWN) |-READONLY /;

/**
 * Whether another connection may lead to a Redis that accepts the command. Other errors (LOADING, OOM, MISCONF) end on
 * the same connection.
 */
export function isFailover(error: Error): boolean {
  return NOT_MASTER.test(error.message);
}
