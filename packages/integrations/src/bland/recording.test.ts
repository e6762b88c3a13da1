import { type HttpDownload, type HttpRequest, ProviderError } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { blandRecordings } from "./recording.ts";

const source = blandRecordings({ apiKey: "org_weir", baseUrl: "https://bland.test" });

const JSON_TYPE = { "content-type": "application/json" };

async function* chunks(text: string) {
  yield Buffer.from(text);
}

async function open(response: HttpDownload, id = "c-1") {
  const requests: HttpRequest[] = [];
  const context = {
    http: () => Promise.reject(new Error("no call is expected")),
    download: (request: HttpRequest) => (requests.push(request), Promise.resolve(response)),
    log: recordingLogger().log,
    now: () => NOW,
    signal: new AbortController().signal,
  };
  const opened = await source.open({ channel: "bland", accountId: "+12025550101", media: { id } }, context);
  return { opened, requests };
}

test("a recording is fetched with the API key by the id of its call, as MP3", async () => {
  const headers = { "content-type": "audio/mpeg" };
  const { opened, requests } = await open({ status: 200, headers, body: chunks("mp3") }, "c/../1");
  expect(requests).toEqual([
    {
      method: "GET",
      url: "https://bland.test/v1/recordings/c%2F..%2F1",
      headers: { authorization: "org_weir", "content-type": "audio/mpeg" },
    },
  ]);
  expect(opened).toMatchObject({ mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
});

test.each<[string, number, object, AsyncIterable<Uint8Array>?]>([
  ["permanently when it was deleted", 404, { next: { kind: "permanent" }, code: "gone" }],
  ["until the API key is repaired", 401, { next: { kind: "paused", scope: "bland:api" } }],
  ["until the rate limit allows it", 429, { next: { kind: "rate_limited", scope: "bland:api" } }],
  ["temporarily when Bland is down", 503, { next: { kind: "retryable" } }],
  ["temporarily when the response is empty", 200, { next: { kind: "retryable" }, code: "malformed" }],
  ["temporarily when the response is JSON", 200, { next: { kind: "retryable" }, code: "malformed" }, chunks("{}")],
])("fetching a recording fails %s", async (_, status, expected, body) => {
  const failure: unknown = await open({ status, headers: JSON_TYPE, body }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject(expected);
  expect(String(failure)).not.toMatch(/org_weir|bland\.test/);
});
