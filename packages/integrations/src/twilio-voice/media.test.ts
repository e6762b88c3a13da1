import { type HttpDownload, type HttpRequest, ProviderError } from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { expect, test } from "vitest";
import { NOW } from "../../test/fetch-ports.ts";
import { twilioVoice } from "./index.ts";
import { twilioMedia } from "./media.ts";
import { SAMPLE_ACCOUNT } from "./samples.ts";

const config = { accountSid: "AC1", authToken: "weir-token", baseUrl: "https://twilio.test" };
const audio = (async function* () {
  yield Buffer.from("audio");
})();

/** Opens a recording, and records the request. */
function open(response: HttpDownload, id = "RE1", accountId = "AC2") {
  const requests: HttpRequest[] = [];
  const download = (request: HttpRequest) => {
    requests.push(request);
    return Promise.resolve(response);
  };
  const http = () => Promise.reject(new Error("no call is expected"));
  const context = { http, download, log: recordingLogger().log, now: () => NOW, signal: AbortSignal.timeout(1000) };
  const opened = twilioMedia(config).open({ channel: "twilio-voice", accountId, media: { id } }, context);
  return { opened, requests };
}

test("a recording is downloaded as MP3 with the credentials of the account", async () => {
  const { opened, requests } = open({ status: 200, headers: {}, body: audio });
  expect(await opened).toEqual({ body: audio, mimeType: "audio/mpeg", sha256: undefined, sizeBytes: undefined });
  const headers = { authorization: `Basic ${btoa("AC1:weir-token")}` };
  const url = "https://twilio.test/2010-04-01/Accounts/AC2/Recordings/RE1.mp3";
  expect(requests).toEqual([{ method: "GET", url, headers }]);
});

test("ids in a webhook cannot direct the credentials to another URL", async () => {
  const { opened, requests } = open({ status: 200, headers: {}, body: audio }, "../../x?y#z", "@evil.test/");
  await opened;
  expect(requests[0]?.url).toBe(
    "https://twilio.test/2010-04-01/Accounts/%40evil.test%2F/Recordings/..%2F..%2Fx%3Fy%23z.mp3",
  );
});

test("a recording waits for its account", () => {
  expect(twilioMedia(config).scopes({ accountId: "AC2" })).toEqual(["twilio-voice:AC2"]);
});

test.each([
  ["permanently when the recording was deleted", 404, {}, { next: { kind: "permanent" }, code: "gone" }],
  ["until the token is replaced", 401, {}, { next: { kind: "paused", scope: "twilio-voice:AC2" } }],
  ["until the rate limit ends", 429, { "retry-after": "3" }, { next: { kind: "rate_limited" } }],
  ["temporarily when Twilio is down", 502, {}, { next: { kind: "retryable" } }],
  ["temporarily when it redirects, because the credentials must not follow", 302, {}, { next: { kind: "retryable" } }],
])("fetching a recording fails %s", async (_, status, headers, expected) => {
  const failure: unknown = await open({ status, headers, body: undefined }).opened.catch((error: unknown) => error);
  if (!(failure instanceof ProviderError)) throw new Error("no ProviderError");
  expect(failure).toMatchObject(expected);
  expect(failure.message).not.toMatch(/weir-token|twilio\.test/);
});

test("the sandbox has the recording of the sample", async () => {
  const environment = { TWILIO_AUTH_TOKEN: "t", ...twilioVoice.local.endpoints({}, "http://sandbox.test") };
  const app = createSandboxApp({ now: () => NOW });
  const source = twilioVoice.capabilities?.media?.read(environment);
  const sample = twilioVoice.samples(environment, NOW)["recording"];
  const id = new URLSearchParams(sample?.body).get("RecordingSid") ?? "";
  const opened = await source?.open(
    { channel: "twilio-voice", accountId: SAMPLE_ACCOUNT, media: { id } },
    {
      http: () => Promise.reject(new Error("no call is expected")),
      async download({ url, headers = {} }) {
        const response = await app.request(url, { headers });
        return { status: response.status, headers: {}, body: response.body ?? undefined };
      },
      log: recordingLogger().log,
      now: () => NOW,
      signal: AbortSignal.timeout(1000),
    },
  );
  expect(opened).toMatchObject({ mimeType: "audio/mpeg" });
});
