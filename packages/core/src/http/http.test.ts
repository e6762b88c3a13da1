import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { classifyHttp, fetchHttp, retryAfter } from "./http.ts";
import { ProviderError } from "../errors/provider-error.ts";

const now = new Date("2026-11-22T10:00:00Z");
const classify = (status: number, headers: Record<string, string> = {}) =>
  classifyHttp({ status, headers, json: undefined }, "scope", now)?.next;

test("each status says what is next", () => {
  expect(classify(200)).toBeUndefined();
  for (const status of [302, 408, 425, 500, 502, 503, 504]) expect(classify(status)).toEqual({ kind: "retryable" });
  for (const status of [401, 403]) expect(classify(status)).toEqual({ kind: "paused", scope: "scope" });
  for (const status of [400, 404, 422]) expect(classify(status)).toEqual({ kind: "permanent" });
});

test("a throttle waits as long as it is told to, else a minute", () => {
  const until = (seconds: number) => ({
    kind: "rate_limited",
    scope: "scope",
    until: new Date(now.getTime() + seconds * 1000),
  });
  expect(classify(429)).toEqual(until(60));
  expect(classify(429, { "retry-after": "7" })).toEqual(until(7));
  expect(classify(503, { "retry-after": "Sun, 22 Nov 2026 10:02:00 GMT" })).toEqual(until(120));
  expect(retryAfter("soon", now)).toBeUndefined();
});

test("a network failure is retryable and does not tell the URL", async () => {
  const call = fetchHttp({ method: "GET", url: "http://127.0.0.1:61999/bot123:token" }, new AbortController().signal);
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ message: "network failure: ECONNREFUSED", next: { kind: "retryable" } });
});

test("an answer of more than a megabyte is not read to its end, and its status counts all the same", async () => {
  let written = 0;
  const server = createServer((_, response) => {
    const chunk = Buffer.alloc(256 * 1024, " ");
    const more = () => {
      written += chunk.length;
      if (!response.destroyed && response.write(chunk)) setImmediate(more);
    };
    response.on("drain", more);
    more();
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const call = { method: "POST", url: `http://127.0.0.1:${port}/`, body: "{}" } as const;
    for (const request of [call, { ...call, publicOnly: { except: ["127.0.0.0/8"] } }]) {
      const answer = await fetchHttp(request, new AbortController().signal);
      expect(answer).toMatchObject({ status: 200, json: undefined });
    }
    expect(written).toBeLessThan(64 * 1024 * 1024);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
