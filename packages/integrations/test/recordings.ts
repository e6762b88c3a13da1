import type { Download, HttpDownload, HttpRequest, Integration, MediaSource } from "@millrace/core";
import { createSandboxApp } from "@millrace/sandbox";
import { recordingLogger } from "@millrace/testing/servers";
import { NOW } from "./fetch-ports.ts";

/** The file to open, and the account that it belongs to. */
type Target = { channel: string; accountId: string; id: string };

/** Opens a recording with a download of the test. */
function openRecording(source: MediaSource, { channel, accountId, id }: Target, download: Download) {
  const http = () => Promise.reject(new Error("no call is expected"));
  const context = { http, download, log: recordingLogger().log, now: () => NOW, signal: AbortSignal.timeout(5_000) };
  return source.open({ channel, accountId, media: { id } }, context);
}

/** Opens a recording that the provider answers with `response`, and records the request. */
export function openAnswered(source: MediaSource, target: Target, response: HttpDownload) {
  const requests: HttpRequest[] = [];
  const opened = openRecording(source, target, (request) => {
    requests.push(request);
    return Promise.resolve(response);
  });
  return { opened, requests };
}

/** Opens a recording of the sandbox, with the variables that `npm start` sets. */
export function openInSandbox({ local, capabilities }: Integration, target: Target, variables = {}) {
  const source = capabilities?.media?.read({ ...local.endpoints({}, "http://sandbox.test"), ...variables });
  if (!source) throw new Error("the integration fetches no recordings");
  const app = createSandboxApp({ now: () => NOW });
  return openRecording(source, target, async ({ url, headers = {} }) => {
    const { status, body, headers: received } = await app.request(url, { headers });
    return {
      status,
      headers: Object.fromEntries(received),
      body: status === 200 ? (body ?? undefined) : undefined,
    };
  });
}

/** A body of one chunk. */
export async function* chunks(text: string) {
  yield Buffer.from(text);
}

/** Responses that hold no recording: the case, the response, and the error. `scope` waits while the provider refuses or is down. */
export function failedResponses(scope: string): readonly (readonly [string, HttpDownload, object])[] {
  const json = { "content-type": "application/json" };
  const answered = (status: number, headers: Record<string, string> = json): HttpDownload => {
    return { status, headers, body: undefined };
  };
  return [
    ["permanently when it was deleted", answered(404), { next: { kind: "permanent" }, code: "gone" }],
    ["until the credentials are repaired", answered(401), { next: { kind: "paused", scope } }],
    ["until the rate limit ends", answered(429, { "retry-after": "3" }), { next: { kind: "rate_limited", scope } }],
    ["temporarily when the provider is down", answered(503), { next: { kind: "unavailable", scope } }],
    [
      "temporarily when it redirects, because credentials must not follow",
      answered(302),
      { next: { kind: "retryable" } },
    ],
    ["temporarily when the response is empty", answered(200, {}), { next: { kind: "retryable" }, code: "malformed" }],
    [
      "temporarily when the response is JSON",
      { ...answered(200), body: chunks("{}") },
      { next: { kind: "retryable" }, code: "malformed" },
    ],
  ];
}
