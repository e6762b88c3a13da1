import { startTcpProxy, type TcpProxy } from "@millrace/testing";

/** Where a worker keeps its rows and its jobs. */
type StoreUrls = { databaseUrl: string; queueUrl: string };

/** The stores of a worker in this process that a test stops as if its process was killed. */
export type LosableStores = StoreUrls & {
  /**
   * Ends the worker's connections and forwards nothing on new ones. No command of the worker reaches a store any more, and
   * each store sees what it sees when a process is killed.
   */
  lose(): void;
  /** Forwards connections again, so that the worker can close. Tests call it after their last check. */
  restore(): void;
  close(): Promise<void>;
};

/** Opens a way to stores that {@link LosableStores.lose} ends. The stores are on this machine. */
export async function openLosableStores({ databaseUrl, queueUrl }: StoreUrls): Promise<LosableStores> {
  const ports = new Set([databaseUrl, queueUrl].map((url) => new URL(url).port));
  const proxies = new Map<string, TcpProxy>();
  for (const port of ports) proxies.set(port, await startTcpProxy(Number(port)));
  const through = (url: string) => {
    const proxied = new URL(url);
    return Object.assign(proxied, { hostname: "127.0.0.1", port: String(proxies.get(proxied.port)?.port) }).href;
  };
  return {
    databaseUrl: through(databaseUrl),
    queueUrl: through(queueUrl),
    lose() {
      for (const proxy of proxies.values()) {
        // New connections stay open, because ioredis cannot close while it waits to reconnect.
        proxy.hang();
        proxy.cut();
      }
    },
    restore() {
      for (const proxy of proxies.values()) proxy.pass();
    },
    async close() {
      for (const proxy of proxies.values()) await proxy.close();
    },
  };
}
