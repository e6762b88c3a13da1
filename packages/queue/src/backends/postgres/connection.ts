import type { IQueueBackend } from "bullmq";
import type pg from "pg";

/** The part of BullMQ's connection that Millrace corrects. */
export type BullConnection = {
  waitUntilReady(): Promise<void>;
  readyPromise: Promise<void> | undefined;
  /** The connection that listens, of a worker. */
  listenClient: pg.PoolClient | undefined;
  listenClientName: string | undefined;
};

/**
 * Returns the connection of a backend, and makes it try again after a failed start. BullMQ 6.7 keeps the failure: a
 * process that starts while Postgres is away or read-only would use neither queue nor worker until its next start.
 */
export function restartable(backend: IQueueBackend): BullConnection {
  const { connection, listenClientName } = backend as unknown as {
    connection: BullConnection;
    listenClientName: string | undefined;
  };
  const waitUntilReady = connection.waitUntilReady.bind(connection);
  connection.waitUntilReady = () => {
    const ready = waitUntilReady();
    ready.catch(() => {
      connection.readyPromise = undefined;
    });
    return ready;
  };
  // BullMQ names the connection only if the first start succeeds. Workers are counted by the name.
  connection.listenClientName = listenClientName;
  return connection;
}
