import type { IQueueBackend } from "bullmq";
import type pg from "pg";

/** The part of BullMQ's connection that Millrace corrects. */
export type BullConnection = {
  waitUntilReady(): Promise<void>;
  getListenClient(): Promise<pg.PoolClient>;
  /** Set once the connection begins to close. */
  isClosing: unknown;
  readyPromise: Promise<void> | undefined;
  /** The connection that listens, of a worker. */
  listenClient: pg.PoolClient | undefined;
  listenClientName: string | undefined;
};

/**
 * Returns the connection of a backend, and makes it try again after a failed start, and take no connection after its close.
 * BullMQ 6.7 keeps a failed start: a process that starts while Postgres is away or read-only would use neither queue nor
 * worker until its next start.
 */
export function correctedConnection(backend: IQueueBackend): BullConnection {
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
  // A worker that closes before it is ready takes its connection afterwards. BullMQ 6.7 would never return it, and the pool
  // would not end.
  const getListenClient = connection.getListenClient.bind(connection);
  connection.getListenClient = () =>
    connection.isClosing ? Promise.reject(new Error("the connection is closed")) : getListenClient();
  // BullMQ names the connection only if the first start succeeds. Workers are counted by the name.
  connection.listenClientName = listenClientName;
  return connection;
}
