import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ProviderError } from "../errors/provider-error.ts";
import { fetchHttp } from "./http.ts";

test("a network failure means that the provider is unavailable, and its message does not contain the URL", async () => {
  const call = fetchHttp({ method: "GET", url: "http://127.0.0.1:61999/bot123:token" }, new AbortController().signal);
  const error = await call.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ProviderError);
  expect(error).toMatchObject({ message: "network failure: ECONNREFUSED", next: { kind: "unavailable" } });
});

test("a response of more than a megabyte is not read to its end, and its status still counts", async () => {
  let written = 0;
  const server = createServer((_, reply) => {
    const chunk = Buffer.alloc(256 * 1024, " ");
    const more = () => {
      written += chunk.length;
      if (!reply.destroyed && reply.write(chunk)) setImmediate(more);
    };
    reply.on("drain", more);
    more();
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const call = { method: "POST", url: `http://127.0.0.1:${port}/`, body: "{}" } as const;
    for (const request of [call, { ...call, publicOnly: { except: ["127.0.0.0/8"] } }]) {
      const response = await fetchHttp(request, new AbortController().signal);
      expect(response).toMatchObject({ status: 200, json: undefined });
    }
    expect(written).toBeLessThan(64 * 1024 * 1024);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
