import { type HttpDownload, type HttpRequest, ProviderError } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { elevenLabsRecordings } from "./recording.ts";

const source = elevenLabsRecordings({ apiKey: "sk_weir", baseUrl: "https://elevenlabs.test" });

async function* chunks(text: string) {
  yield Buffer.from(text);
}

async function open(response: HttpDownload, id = "conv_1") {
  const requests: HttpRequest[] = [];
  const context = {
    http: () => Promise.reject(new Error("no call is expected")),
    download: (request: HttpRequest) => (requests.push(request), Promise.resolve(response)),
    log: recordingLogger().log,
    now: () => NOW,
    signal: new AbortController().signal,
  };
  const opened = await source.open({ channel: "elevenlabs", accountId: "agent_1", media: { id } }, context);
  return { opened, requests };
}

test("a recording is fetched with the API key by the id of its conversation", async () => {
  const headers = { "content-type": "audio/mpeg" };
  const { opened, requests } = await open({ status: 200, headers, body: chunks("mp3") }, "conv/../1");
  expect(requests).toEqual([
    {
      method: "GET",
      url: "https://elevenlabs.test/v1/convai/conversations/conv%2F..%2F1/audio",
      headers: { "xi-api-key": "sk_weir" },
    },
  ]);
  expect(opened).toMatchObject({ mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
});

test.each([
  ["permanently when it was deleted", 404, { next: { kind: "permanent" }, code: "gone" }],
  ["until the API key is repaired", 401, { next: { kind: "paused", scope: "elevenlabs:api" } }],
  ["until the rate limit allows it", 429, { next: { kind: "rate_limited", scope: "elevenlabs:api" } }],
  ["temporarily when ElevenLabs is down", 503, { next: { kind: "retryable" } }],
  ["temporarily when the response is empty", 200, { next: { kind: "retryable" }, code: "malformed" }],
])("fetching a recording fails %s", async (_, status, expected) => {
  const failure: unknown = await open({ status, headers: {}, body: undefined }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProviderError);
  expect(failure).toMatchObject(expected);
  expect(String(failure)).not.toMatch(/sk_weir|elevenlabs\.test/);
});
