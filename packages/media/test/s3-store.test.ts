import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ProviderError } from "@millrace/core";
import { openMediaStore, type OpenMediaStore } from "@millrace/media";
import { type Rejection, type S3Server, startS3Server } from "./s3-server.ts";

const MIB = 1024 * 1024;
const options = { mimeType: "video/mp4", maxBytes: 20 * MIB };

let server: S3Server;
let store: OpenMediaStore;

beforeAll(async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIATESTKEY");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "sesame");
  server = await startS3Server();
  store = openMediaStore({ store: "s3", bucket: server.bucket, endpoint: server.url, region: "auto" });
});
beforeEach(() => {
  server.reject = () => undefined;
  server.requests.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

test("a small file is uploaded in one call, a large one in parts", async () => {
  await store.write("small", body(3), options);
  await store.write("large", body(11 * MIB), options);
  expect(server.requests).toEqual([
    "PUT small?x-id",
    "POST large?uploads",
    "PUT large?partNumber&uploadId&x-id",
    "PUT large?partNumber&uploadId&x-id",
    "PUT large?partNumber&uploadId&x-id",
    "POST large?uploadId",
  ]);
  expect(server.objects.get("large")?.bytes.length).toBe(11 * MIB);
});

test("an upload in parts is aborted when the file is too large or a part is rejected", async () => {
  await expect(store.write("over", body(11 * MIB), { ...options, maxBytes: 11 * MIB - 1 })).rejects.toMatchObject({
    code: "too_large",
  });
  expect(server.requests.at(-1)).toBe("DELETE over?uploadId&x-id");
  server.reject = ({ url }) => (url.includes("partNumber=2") ? { status: 403, code: "AccessDenied" } : undefined);
  await expect(store.write("refused", body(11 * MIB), options)).rejects.toMatchObject({ code: "AccessDenied" });
  expect(server.requests.at(-1)).toBe("DELETE refused?uploadId&x-id");
  expect([...server.uploads.keys()]).toEqual([]);
  expect([...server.objects.keys()].filter((key) => key === "over" || key === "refused")).toEqual([]);
});

test("the source of a file is closed when the store rejects the upload", async () => {
  server.reject = () => ({ status: 403, code: "AccessDenied" });
  let released = false;
  async function* endless(): AsyncIterable<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(MIB);
    } finally {
      released = true;
    }
  }
  await expect(store.write("endless", endless(), options)).rejects.toMatchObject({ next: { kind: "paused" } });
  await vi.waitFor(() => expect(released).toBe(true));
});

const paused = { kind: "paused", scope: "media:s3" } as const;
const unavailable = { kind: "unavailable", scope: "media:s3" } as const;
const retryable = { kind: "retryable" } as const;
const table: [Rejection, ProviderError["next"]][] = [
  [{ status: 403, code: "AccessDenied" }, paused],
  [{ status: 403, code: "InvalidAccessKeyId" }, paused],
  [{ status: 403, code: "SignatureDoesNotMatch" }, paused],
  [{ status: 404, code: "NoSuchBucket" }, paused],
  [{ status: 400, code: "ExpiredToken" }, paused],
  [{ status: 400, code: "AuthorizationHeaderMalformed" }, paused],
  [{ status: 301, code: "PermanentRedirect" }, paused],
  [{ status: 400, code: "RequestTimeout" }, unavailable],
  [{ status: 429, code: "TooManyRequests" }, unavailable],
  [{ status: 503, code: "SlowDown" }, unavailable],
  [{ status: 500, code: "InternalError" }, unavailable],
  [{ status: 502, code: "BadGateway" }, unavailable],
  [{ status: 400, code: "EntityTooLarge" }, retryable],
];

test.each(table)(
  "the code $code decides between retry, outage and pause, and the message contains nothing but the code",
  async (rejection, next) => {
    server.reject = () => rejection;
    for (const attempt of [() => store.read("a"), () => store.write("a", body(3), options)]) {
      const error: unknown = await attempt().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ next, code: rejection.code });
      expect(String(error)).toMatch(
        new RegExp(`^ProviderError: the media store (rejected the request|failed): ${rejection.code}$`),
      );
      expect(error).not.toHaveProperty("cause");
    }
  },
);

test("a temporary rate limit or fault is retried by the client", async () => {
  let rejections = 0;
  server.reject = () => (rejections++ < 1 ? { status: 503, code: "SlowDown" } : undefined);
  await store.write("passing", body(3), options);
  expect(server.objects.has("passing")).toBe(true);
});

test("an unreachable store is unavailable, and missing credentials pause the store", async () => {
  const config = { store: "s3", bucket: "files", region: "auto" } as const;
  const unreachable = openMediaStore({ ...config, endpoint: "http://127.0.0.1:9" });
  await expect(unreachable.read("a")).rejects.toMatchObject({ code: "ECONNREFUSED", next: unavailable });

  vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
  vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
  const withoutCredentials = openMediaStore({ ...config, endpoint: server.url });
  await expect(withoutCredentials.read("a")).rejects.toMatchObject({ code: "CredentialsProviderError", next: paused });
});

async function* body(size: number): AsyncIterable<Uint8Array> {
  for (let left = size; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}
