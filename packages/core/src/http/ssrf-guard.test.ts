import { createServer } from "node:http";
import { BlockList, isIP, type LookupFunction } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { request } from "undici";
import { fetchDownload, fetchHttp, type HttpRequest } from "./http.ts";
import { publicOnlyAgent } from "./public-only-agent.ts";
import { isCallable, networks } from "./ssrf-guard.ts";

const none = new BlockList();
const LOOPBACK = ["127.0.0.0/8"];

test.each([
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "198.19.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "3fff::1",
  "fc00::1",
  "fd12:3456::1",
  "fe80::1",
  "fe80::1%eth0",
  "ff02::1",
  "no address",
  "",
])("%s is not public", (address) => {
  expect(isCallable(address, none)).toBe(false);
});

test.each(["8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "2606:4700::1111"])(
  "%s is public",
  (address) => {
    expect(isCallable(address, none)).toBe(true);
  },
);

test("every address of a private network is refused in each spelling, and allowed when its network is an exception", () => {
  const range = fc.constantFrom(
    { first: 0x0a_00_00_00, bits: 24, cidr: "10.0.0.0/8" },
    { first: 0x7f_00_00_00, bits: 24, cidr: "127.0.0.0/8" },
    { first: 0x64_40_00_00, bits: 22, cidr: "100.64.0.0/10" },
    { first: 0xac_10_00_00, bits: 20, cidr: "172.16.0.0/12" },
    { first: 0xc0_a8_00_00, bits: 16, cidr: "192.168.0.0/16" },
    { first: 0xa9_fe_00_00, bits: 16, cidr: "169.254.0.0/16" },
  );
  fc.assert(
    fc.property(range, fc.nat(), ({ first, bits, cidr }, offset) => {
      const value = first + (offset % 2 ** bits);
      const octets = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256);
      const spellings = [
        octets.join("."),
        String(value),
        `0x${value.toString(16)}`,
        octets.map((octet) => `0${octet.toString(8)}`).join("."),
        `[::ffff:${octets.join(".")}]`,
      ];
      for (const spelling of spellings) {
        const host = new URL(`http://${spelling}/`).hostname.replaceAll(/[[\]]/g, "");
        expect(isIP(host)).not.toBe(0);
        expect(isCallable(host, none)).toBe(false);
        expect(isCallable(host, networks([cidr]))).toBe(true);
      }
    }),
  );
});

const server = createServer((_, response) => response.end(JSON.stringify({ reached: true })));
let port = 0;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A resolver that returns each of the answers in turn. The name is always `localhost`, which tests may connect to. */
function resolver(...answers: readonly (readonly string[])[]) {
  let asked = 0;
  const resolve: LookupFunction = (_, __, callback) => {
    const answer = answers[asked++] ?? [];
    setImmediate(() => {
      callback(
        null,
        answer.map((address) => ({ address, family: isIP(address) })),
      );
    });
  };
  return { resolve, asked: () => asked };
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "reached",
    (error: unknown) => (typeof error === "object" && error && "code" in error ? error.code : error),
  );

test.each([
  ["a private address", [["10.0.0.7"]]],
  ["a private address beside a public one", [["93.184.216.34", "127.0.0.1"]]],
  ["the metadata service as an IPv4-mapped address", [["::ffff:169.254.169.254"]]],
  ["no address", [[]]],
])("a host name that resolves to %s is refused before a connection is made", async (_, answers) => {
  const { resolve } = resolver(...answers);
  const dispatcher = publicOnlyAgent([], resolve);
  expect(await codeOf(request(`http://localhost:${port}/`, { dispatcher }))).toBe("private_address");
  await dispatcher.close();
});

test("the connection goes to the address that was checked, because a host name is resolved once", async () => {
  const { resolve, asked } = resolver(["127.0.0.1"], ["127.0.0.2"]);
  const dispatcher = publicOnlyAgent(LOOPBACK, resolve);
  const { body, statusCode } = await request(`http://localhost:${port}/`, { dispatcher });
  await body.dump();
  expect(statusCode).toBe(200);
  expect(asked()).toBe(1);
  await dispatcher.close();
});

test("a host name that later resolves to a private address is refused at its next connection", async () => {
  const { resolve } = resolver(["127.0.0.1"], ["10.0.0.7"]);
  const dispatcher = publicOnlyAgent(LOOPBACK, resolve);
  const call = (headers: Record<string, string>) =>
    request(`http://localhost:${port}/`, { dispatcher, headers }).then(({ body }) => body.dump());
  expect(await codeOf(call({ connection: "close" }))).toBe("reached");
  expect(await codeOf(call({}))).toBe("private_address");
  await dispatcher.close();
});

const { signal } = new AbortController();
const to = (host: string, except: readonly string[]): HttpRequest => ({
  method: "GET",
  url: `http://${host}:${port}/`,
  publicOnly: { except },
});

test.each(["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0"])(
  "a server on this machine is out of reach as %s, for calls and downloads, and the error does not contain the host",
  async (host) => {
    for (const call of [fetchHttp, fetchDownload]) {
      const error: unknown = await call(to(host, []), signal).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: "ProviderError", code: "private_address", next: { kind: "permanent" } });
      expect(String(error)).not.toContain(host);
    }
  },
);

test("a network among the exceptions is reached, for calls and downloads", async () => {
  expect(await fetchHttp(to("2130706433", LOOPBACK), signal)).toMatchObject({ status: 200, json: { reached: true } });
  expect(await fetchHttp(to("localhost", [...LOOPBACK, "::1/128"]), signal)).toMatchObject({ status: 200 });
  const { body } = await fetchDownload(to("127.0.0.1", LOOPBACK), signal);
  const chunks = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('{"reached":true}');
});

test("a body is sent, and a server that is down is a network failure", async () => {
  const post = { ...to("127.0.0.1", LOOPBACK), method: "POST", body: "grüße" } as const;
  expect(await fetchHttp(post, signal)).toMatchObject({ status: 200 });
  const gone = fetchHttp({ ...post, url: "http://127.0.0.1:61999/" }, signal);
  await expect(gone).rejects.toMatchObject({ message: "network failure: ECONNREFUSED", uncertain: false });
});
