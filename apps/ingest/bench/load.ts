import { connect, type Socket } from "node:net";

/** Answers per second, latencies in ms, and the number of answers with another status than 200. */
export type LoadResult = { perSecond: number; p50: number; p99: number; not200: number };

/**
 * Sends prepared HTTP/1.1 requests over keep-alive connections, one at a time on each, as fast as the answers arrive.
 * It uses raw sockets, because an HTTP client in Node uses more CPU time than the server that is measured.
 */
export async function sendAll(port: number, requests: readonly Buffer[], connections: number): Promise<LoadResult> {
  const latencies = new Float64Array(requests.length);
  let next = 0;
  let not200 = 0;
  const startedAt = performance.now();

  async function work(): Promise<void> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    for (let index = next++; index < requests.length; index = next++) {
      const sentAt = performance.now();
      const status = await exchange(socket, requests[index] ?? Buffer.alloc(0));
      latencies[index] = performance.now() - sentAt;
      if (status !== "200") not200 += 1;
    }
    socket.destroy();
  }

  await Promise.all(Array.from({ length: connections }, work));
  const seconds = (performance.now() - startedAt) / 1000;
  latencies.sort();
  const percentile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: requests.length / seconds, p50: percentile(0.5), p99: percentile(0.99), not200 };
}

/** Sends a request and returns the status of its answer. The answer is short, so it arrives in one chunk. */
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
