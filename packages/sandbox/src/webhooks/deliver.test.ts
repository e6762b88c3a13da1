import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { deliverTo } from "./deliver.ts";

test("a webhook is retried until the server accepts it", async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${String(request.headers["x-sign"])}`);
    response.writeHead(seen.length < 3 ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const deliver = deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await deliver({ path: "/hook", headers: { "x-sign": "s" }, body: "{}" });
  expect(seen).toEqual(["POST /hook s", "POST /hook s", "POST /hook s"]);
  server.close();
});
