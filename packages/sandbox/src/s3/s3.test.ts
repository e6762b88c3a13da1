import { beforeEach, expect, test } from "vitest";
import type { Hono } from "hono";
import { createSandboxApp } from "../app.ts";

const NOW = new Date("2026-11-20T10:00:00.000Z");
let app: Hono;

beforeEach(() => {
  app = createSandboxApp({ now: () => NOW });
});

const request = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
  app.request(`/s3/${path}`, {
    method,
    headers: { authorization: "AWS4-HMAC-SHA256 x", ...headers },
    ...(body === undefined ? {} : { body }),
  });

test("an object can be created, read, replaced and deleted", async () => {
  const put = await request("PUT", "media/a/b%20%C3%BC.txt", "hello", {
    "content-type": "text/plain",
    "x-amz-meta-of": "us",
  });
  expect([put.status, put.headers.get("etag")]).toEqual([200, '"5d41402abc4b2a76b9719d911017c592"']);
  const head = await request("HEAD", "media/a/b%20%C3%BC.txt");
  expect([head.headers.get("content-length"), head.headers.get("x-amz-meta-of"), await head.text()]).toEqual([
    "5",
    "us",
    "",
  ]);
  await request("PUT", "media/a/b%20%C3%BC.txt", "hello again");
  expect(await (await request("GET", "media/a/b%20%C3%BC.txt")).text()).toBe("hello again");
  expect((await request("GET", "other/a/b%20%C3%BC.txt")).status).toBe(404);
  expect((await request("DELETE", "media/a/b%20%C3%BC.txt")).status).toBe(204);
  const deleted = await request("GET", "media/a/b%20%C3%BC.txt");
  expect([deleted.status, await deleted.text()]).toEqual([404, expect.stringContaining("<Code>NoSuchKey</Code>")]);
});

test("the chunks of a body are joined, and incomplete chunks are rejected", async () => {
  const headers = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked" };
  await request(
    "PUT",
    "b/k",
    "5\r\nhello\r\n6;chunk-signature=ab\r\n again\r\n0\r\nx-amz-checksum-crc32:AAAA==\r\n\r\n",
    headers,
  );
  expect(await (await request("GET", "b/k")).text()).toBe("hello again");
  for (const broken of ["5\r\nhel", "5\r\nhello\r\n", "x\r\nhello\r\n0\r\n\r\n", "hello"]) {
    expect((await request("PUT", "b/broken", broken, headers)).status).toBe(400);
  }
  expect((await request("GET", "b/broken")).status).toBe(404);
});

test("the parts of an upload may arrive in any order", async () => {
  const started = await (await request("POST", "b/k?uploads=", undefined, { "content-type": "a/b" })).text();
  const upload = /<UploadId>(.+)<\/UploadId>/.exec(started)?.[1];
  await request("PUT", `b/k?partNumber=2&uploadId=${upload}`, " again");
  await request("PUT", `b/k?partNumber=1&uploadId=${upload}`, "hello");
  expect((await request("GET", "b/k")).status).toBe(404);
  const finished = await (await request("POST", `b/k?uploadId=${upload}`)).text();
  expect(finished).toMatch(/<ETag>&quot;[0-9a-f]{32}-2&quot;<\/ETag>/);
  const got = await request("GET", "b/k");
  expect([await got.text(), got.headers.get("content-type")]).toEqual(["hello again", "a/b"]);
});

test("an aborted upload leaves no object", async () => {
  const started = await (await request("POST", "b/k?uploads=")).text();
  const upload = /<UploadId>(.+)<\/UploadId>/.exec(started)?.[1];
  await request("PUT", `b/k?partNumber=1&uploadId=${upload}`, "hello");
  expect((await request("DELETE", `b/k?uploadId=${upload}`)).status).toBe(204);
  expect((await request("POST", `b/k?uploadId=${upload}`)).status).toBe(404);
  expect((await request("PUT", `b/k?partNumber=2&uploadId=${upload}`, "x")).status).toBe(404);
});

test("a request without a signature is rejected", async () => {
  const response = await app.request("/s3/b/k", { method: "PUT", body: "x" });
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
});

test.each([
  ["http_500", 500, "InternalError"],
  ["slow_down", 503, "SlowDown"],
])("the fault %s changes one response", async (fault, status, code) => {
  await app.request("/_faults", { method: "POST", body: JSON.stringify({ match: { bucket: "b", key: "k" }, fault }) });
  const failed = await request("PUT", "b/k", "x");
  expect([failed.status, await failed.text()]).toEqual([status, expect.stringContaining(code)]);
  expect((await request("PUT", "b/k", "x")).status).toBe(200);
});
