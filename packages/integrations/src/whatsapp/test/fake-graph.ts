import type { Download, Http, HttpRequest, HttpResponse, OutboundContext, ProviderError } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The time of tests. */
export const NOW = new Date("2026-11-23T12:00:00.000Z");

/** A Graph API for tests: it gives the answers it was told to, in turn, and remembers what it was asked. */
type FakeGraph = {
  context: OutboundContext;
  /** What was asked, in turn; downloads too. */
  asked: HttpRequest[];
  /** The JSON body of the last request. */
  lastBody(): unknown;
};

/** An answer to a call or a download; `fails` is for no answer at all. */
type Answer = Partial<HttpResponse> & { file?: Uint8Array; fails?: ProviderError };

/** A {@link FakeGraph}; `files` is the media store. */
export function fakeGraph(
  answers: readonly Answer[],
  files: Record<string, { bytes: Uint8Array; mimeType?: string }> = {},
): FakeGraph {
  const asked: HttpRequest[] = [];
  const next = (request: HttpRequest) => {
    const answer = answers[asked.length];
    asked.push(request);
    if (answer === undefined) throw new Error("no further call is expected");
    if (answer.fails) throw answer.fails;
    const { status = 200, headers = {}, json, file } = answer;
    return { status, headers, json, body: file && single(file) };
  };
  const http: Http = async (request) => next(request);
  const download: Download = async (request) => next(request);
  const read = async (key: string) => {
    const file = files[key];
    if (!file) throw new Error("no such file is expected");
    return { bytes: file.bytes, mimeType: file.mimeType };
  };
  const ports = { http, download, media: { read }, log: recordingLogger().log, now: () => NOW };
  return {
    context: { ...ports, signal: new AbortController().signal },
    asked,
    lastBody() {
      const body = asked.at(-1)?.body;
      return typeof body === "string" ? JSON.parse(body) : body;
    },
  };
}

/** What the API answers with when it has taken a message. */
export const TAKEN = { json: { messaging_product: "whatsapp", messages: [{ id: "wamid.TAKEN" }] } };

/** An error of the API's. Its texts hold what must be told nowhere. */
export function refusal(code: number, status = 400, more: Record<string, unknown> = {}): Partial<HttpResponse> {
  const details = "+4915100000009 wrote: my secret";
  const error = { code, message: `(#${code}) ${details}`, error_data: { details }, fbtrace_id: "Trace-1", ...more };
  return { status, json: { error } };
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
