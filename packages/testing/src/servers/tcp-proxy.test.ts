import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

let server: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  server = await startEcho("");
  proxy = await startTcpProxy(portOf(server));
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

async function startEcho(prefix: string): Promise<Server> {
  const echo = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => socket.write(prefix + data.toString()));
  });
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  return echo;
}

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === "object" && address ? address.port : 0;
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/** Opens a connection through the proxy. */
async function open(): Promise<{ socket: Socket; ask(text: string): Promise<string>; received: () => string }> {
  const socket = connect(proxy.port, "127.0.0.1").on("error", () => undefined);
  clients.push(socket);
  let received = "";
  socket.on("data", (data: Buffer) => (received += data.toString()));
  await once(socket, "connect");
  return {
    socket,
    received: () => received,
    async ask(text) {
      socket.write(text);
      const [data] = (await once(socket, "data")) as [Buffer];
      return data.toString();
    },
  };
}

test("the proxy forwards both directions", async () => {
  expect(await (await open()).ask("one")).toBe("one");
});

test("`cut` resets open connections, and new ones work", async () => {
  const { socket, ask } = await open();
  await ask("one");
  const closed = closeOf(socket);
  proxy.cut();
  await closed;
  expect(await (await open()).ask("two")).toBe("two");
});

test("`refuse` resets each connection until `pass`", async () => {
  proxy.refuse();
  const socket = connect(proxy.port, "127.0.0.1").on("error", () => undefined);
  await closeOf(socket);
  proxy.pass();
  expect(await (await open()).ask("one")).toBe("one");
});

test("`hang` withholds what is sent until `pass`", async () => {
  const { socket, ask, received } = await open();
  await ask("one");
  proxy.hang();
  socket.write("two");
  // A second connection proves that time has passed without an answer on the first one.
  await open();
  expect(received()).toBe("one");
  proxy.pass();
  await once(socket, "data");
  expect(received()).toBe("onetwo");
});

test("`abandon` leaves an open connection without an answer or an end, and new ones work", async () => {
  const { socket, ask, received } = await open();
  await ask("one");
  proxy.abandon();
  socket.write("two");
  expect(await (await open()).ask("three")).toBe("three");
  expect([received(), socket.destroyed]).toEqual(["one", false]);
});

test("`slow` delays an answer in both directions", async () => {
  const { ask } = await open();
  await ask("one");
  proxy.slow(50);
  const startedAt = performance.now();
  expect(await ask("two")).toBe("two");
  expect(performance.now() - startedAt).toBeGreaterThan(95);
});

test("`retarget` forwards new connections to another server, and open ones stay", async () => {
  const other = await startEcho("other ");
  const { ask } = await open();
  await ask("one");
  proxy.retarget(portOf(other));
  expect(await ask("two")).toBe("two");
  expect(await (await open()).ask("three")).toBe("other three");
  proxy.cut();
  other.close();
});
