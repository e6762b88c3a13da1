import { connect, createServer, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** A TCP proxy on 127.0.0.1 that can disturb the connections that pass through it. It begins without a disturbance. */
export type TcpProxy = {
  port: number;
  /** Forwards all connections, and what {@link TcpProxy.hang} withheld. */
  pass(): void;
  /** Resets the open connections. New ones are forwarded. */
  cut(): void;
  /** Resets the open connections and each new one, as a server that is down does. */
  refuse(): void;
  /** Keeps connections open and forwards nothing, as a lost network does. */
  hang(): void;
  /** Leaves the open connections half-open for ever: their server is gone and the client learns nothing. New ones are forwarded. */
  abandon(): void;
  /** Delays each chunk in both directions, in ms. */
  slow(ms: number): void;
  /** Forwards new connections to another port. Open connections stay. */
  retarget(port: number): void;
  close(): Promise<void>;
};

type Pair = { client: Socket; server: Socket };

/** Starts a {@link TcpProxy} in front of a port of 127.0.0.1. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const abandoned = new Set<Socket>();
  let target = targetPort;
  let isRefusing = false;
  let hanging: Promise<void> | undefined;
  let delayMs = 0;
  let resume = () => {};

  const forwardingAllowed = async () => {
    await hanging;
    if (delayMs > 0) await wait(delayMs);
  };
  const forward = (from: Socket, to: Socket) => {
    from.on("data", (chunk: Buffer) => {
      from.pause();
      void forwardingAllowed().then(() => {
        if (to.destroyed || to.write(chunk)) from.resume();
        else to.once("drain", () => from.resume());
      });
    });
    from.once("end", () => void forwardingAllowed().then(() => to.end()));
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => undefined);
    if (isRefusing) return void client.resetAndDestroy();
    const upstream = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
    const pair = { client, server: upstream };
    pairs.add(pair);
    client.once("close", () => {
      pairs.delete(pair);
      abandoned.delete(client);
      upstream.destroy();
    });
    upstream.once("close", () => {
      if (!abandoned.has(client)) client.destroy();
    });
    forward(client, upstream);
    forward(upstream, client);
  });
  const cut = () => {
    for (const { client, server: upstream } of pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  };
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    pass() {
      isRefusing = false;
      delayMs = 0;
      resume();
    },
    cut,
    refuse() {
      isRefusing = true;
      cut();
    },
    hang() {
      hanging = new Promise((resolve) => (resume = resolve));
    },
    abandon() {
      for (const { client, server: upstream } of pairs) {
        abandoned.add(client);
        upstream.destroy();
      }
    },
    slow(ms) {
      delayMs = ms;
    },
    retarget(port) {
      target = port;
    },
    async close() {
      resume();
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
