import { setImmediate as nextTurn } from "node:timers/promises";
import type postgres from "postgres";

/**
 * Ends a transaction where its connection ends. postgres.js 3.4 itself goes on with it: the next statement, or its own
 * rollback, is written to no socket and ends the process, or is run on a new connection outside of any transaction.
 * https://github.com/porsager/postgres/issues/1208 and https://github.com/porsager/postgres/pull/1155
 */
export function guardTransactions(client: postgres.Sql): postgres.Sql {
  const begin = client.begin.bind(client);
  return Object.assign(client, {
    begin<T>(body: (tx: postgres.TransactionSql) => Promise<T>) {
      let lost = false;
      const running = begin((tx) => untilLost(body(guardStatements(tx, () => lost)), () => lost));
      // It rejects the moment the connection ends, whatever the body is doing.
      running.catch(() => {
        lost = true;
      });
      return running;
    },
  });
}

function guardStatements(tx: postgres.TransactionSql, isLost: () => boolean): postgres.TransactionSql {
  const { unsafe } = tx;
  return Object.assign(tx, {
    unsafe: (...statement: Parameters<typeof unsafe>) => {
      if (isLost()) throw Object.assign(new Error("the transaction's connection ended"), { code: "CONNECTION_CLOSED" });
      return unsafe(...statement);
    },
  });
}

/** The body's end, unless its connection is lost: then there is none, because the driver would commit or roll back. */
async function untilLost<T>(body: Promise<T>, isLost: () => boolean): Promise<T> {
  try {
    const value = await body;
    if (!isLost()) return value;
  } catch (error) {
    // A statement is told of a broken socket before the connection is.
    await nextTurn();
    if (!isLost()) throw error;
  }
  return new Promise<T>(() => undefined);
}
