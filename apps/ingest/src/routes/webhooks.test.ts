import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { systemNow, uuidv7 } from "@millrace/core";
import { QueueUnavailableError } from "@millrace/queue";
import { recordingLogger } from "@millrace/testing";
import { authentic, calls } from "../../test/fake-webhooks.ts";
import { createIngestApp } from "../app.ts";

test("1: while the queue accepts nothing, a webhook gets 503 and not its own response", async () => {
  const app = createIngestApp({
    webhooks: new Map([["calls", [calls]]]),
    publicUrl: undefined,
    apis: new Map(),
    apiKeys: [],
    producerOf: () => ({
      enqueue: () => Promise.reject(new QueueUnavailableError("the queue is down")),
      promote: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    }),
    checkQueue: () => Promise.resolve(),
    log: recordingLogger().log,
    now: systemNow,
    newId: uuidv7,
  });
  const [path] = calls.paths;
  const body = Readable.from([Buffer.from("a call")]);
  const incoming = Object.assign(body, { url: path, headers: { host: "mill.example", ...authentic }, complete: true });
  const response = await app.request(path, { method: "POST" }, { incoming });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("5");
  expect(await response.text()).not.toContain("<Response>");
});
