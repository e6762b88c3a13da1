import { setImmediate as nextTurn } from "node:timers/promises";
import { DrizzleQueryError } from "drizzle-orm";
import type postgres from "postgres";

/**
 * Rejects a transaction when its connection closes. postgres.js 3.4 continues it: the next statement, or the rollback,
 * crashes the process on a closed socket, or runs on a new connection outside of any transaction.
 * https://github.com/porsager/postgres/issues/1208 and https://github.com/porsager/postgres/pull/1155
 *
 * An error that the body did not throw comes from the connection, `begin` or `commit`. It becomes a DrizzleQueryError, as
 * the errors of all other statements are.
 */
export function guardTransactions(client: postgres.Sql): postgres.Sql {
  const begin = client.begin.bind(client);
  return Object.assign(client, {
    begin<T>(body: (tx: postgres.TransactionSql) => Promise<T>) {
      let lost = false;
      let thrown: { error: unknown } | undefined;
      const guarded = async (tx: postgres.TransactionSql) => {
        try {
          return await body(guardStatements(tx, () => lost));
        } catch (error) {
          thrown = { error };
          throw error;
        }
      };
      const running = begin((tx) => untilLost(guarded(tx), () => lost));
      return running.catch((error: Error) => {
        // This rejects when the connection closes, even if the body continues.
        lost = true;
        throw thrown?.error === error ? error : new DrizzleQueryError("begin or commit", [], error);
      });
    },
  });
}

function guardStatements(tx: postgres.TransactionSql, isLost: () => boolean): postgres.TransactionSql {
  const { unsafe } = tx;
  return Object.assign(tx, {
    unsafe: (...statement: Parameters<typeof unsafe>) => {
      if (isLost())
        throw Object.assign(new Error("the connection of the transaction closed"), { code: "CONNECTION_CLOSED" });
      return unsafe(...statement);
    },
  });
}

/** Resolves or rejects like the body, but never after the connection is lost, because the driver would commit or roll back then. */
async function untilLost<T>(body: Promise<T>, isLost: () => boolean): Promise<T> {
  try {
    const value = await body;
    if (!isLost()) return value;
  } catch (error) {
    // A statement rejects before the connection does: wait until the connection's state is known.
    await nextTurn();
    if (!isLost()) throw error;
  }
  return new Promise<T>(() => undefined);
}
