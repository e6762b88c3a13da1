import { connect, type Socket } from "node:net";

/** What a load gave: answers per second, latencies in ms, and how many answers were not 200. */
export type LoadResult = { perSecond: number; p50: number; p99: number; refused: number };

/**
 * Sends prepared HTTP/1.1 requests over keep-alive connections, one at a time on each, as fast as the answers come.
 * Works on raw sockets, because an HTTP client in Node costs more than the server that is measured.
 */
export async function sendAll(port: number, requests: readonly Buffer[], connections: number): Promise<LoadResult> {
  const latencies = new Float64Array(requests.length);
  let next = 0;
  let refused = 0;
  const startedAt = performance.now();

  async function work(): Promise<void> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    for (let index = next++; index < requests.length; index = next++) {
      const sentAt = performance.now();
      const status = await exchange(socket, requests[index] ?? Buffer.alloc(0));
      latencies[index] = performance.now() - sentAt;
      if (status !== "200") refused += 1;
    }
    socket.destroy();
  }

  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort();
  const percentile = (part: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  return { perSecond: requests.length / seconds, p50: percentile(0.5), p99: percentile(0.99), refused };
}

/** One request and its answer, whose body is empty or short and comes with its head. */
function exchange(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("data", (chunk: Buffer) => {
      socket.off("close", reject);
      resolve(chunk.toString("latin1", 9, 12));
    });
    socket.once("close", reject);
    socket.write(request);
  });
}
