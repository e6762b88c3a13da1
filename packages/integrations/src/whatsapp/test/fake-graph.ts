import type { Download, Http, HttpRequest, HttpResponse, OutboundContext, ProviderError } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The current time in tests. */
export const NOW = new Date("2026-11-23T12:00:00.000Z");

/** A fake Graph API that returns responses in order and records the requests. */
type FakeGraph = {
  context: OutboundContext;
  /** The calls and downloads in order. */
  requests: HttpRequest[];
  /** The JSON body of the last request. */
  lastBody(): unknown;
};

/** A response to a call or a download. `fails` is the error of a missing response. */
type FakeResponse = Partial<HttpResponse> & { file?: Uint8Array; fails?: ProviderError };

/** Creates a {@link FakeGraph}. `files` is the content of the media store. */
export function fakeGraph(
  responses: readonly FakeResponse[],
  files: Record<string, { bytes: Uint8Array; mimeType?: string }> = {},
): FakeGraph {
  const requests: HttpRequest[] = [];
  const next = (request: HttpRequest) => {
    const response = responses[requests.length];
    requests.push(request);
    if (response === undefined) throw new Error("no further call is expected");
    if (response.fails) throw response.fails;
    const { status = 200, headers = {}, json, file } = response;
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
    requests,
    lastBody() {
      const body = requests.at(-1)?.body;
      return typeof body === "string" ? JSON.parse(body) : body;
    },
  };
}

/** The API's response to an accepted message. */
export const ACCEPTED = { json: { messaging_product: "whatsapp", messages: [{ id: "wamid.ACCEPTED" }] } };

/** An error response of the API. Its texts must not appear anywhere. */
export function errorResponse(code: number, status = 400, more: Record<string, unknown> = {}): Partial<HttpResponse> {
  const details = "+4915100000009 wrote: my secret";
  const error = { code, message: `(#${code}) ${details}`, error_data: { details }, fbtrace_id: "Trace-1", ...more };
  return { status, json: { error } };
}

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
