import { type Http, type HttpDownload, type OutboundContext, permanent } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The token of the bot `shop` in tests. */
export const TOKEN = "4711:weir-token";

/** The configuration of the bots `shop` and `help` in tests. */
export const config = {
  tokens: new Map([
    ["shop", TOKEN],
    ["help", "4712:other-token"],
  ]),
  defaultBot: "shop",
  baseUrl: "https://telegram.test",
  messagesPerSecond: 30,
};

/** The current time in tests. */
export const NOW = new Date("2026-11-23T08:00:00.000Z");

/** A response of the Bot API, or an error instead of one. */
export type Scripted = { status: number; json: unknown; headers?: Record<string, string> } | Error;

/** An error response of the Bot API. */
export function rejection(error_code: number, description: string, parameters?: Record<string, unknown>): Scripted {
  return { status: error_code, json: { ok: false, error_code, description, ...(parameters ? { parameters } : {}) } };
}

/** A successful response of the Bot API. */
export function success(result: unknown): Scripted {
  return { status: 200, json: { ok: true, result } };
}

/** A request to the Bot API. Files of a multipart body are among its parameters. */
type ReceivedRequest = { url: string; method: string; params: Record<string, unknown> };

/** A fake Bot API that returns the `answers` in order, with files at links (`downloads`) and in the media store (`stored`). */
export function fakeBotApi(
  answers: readonly Scripted[],
  options: { downloads?: Record<string, HttpDownload | Error>; stored?: Record<string, Uint8Array> } = {},
) {
  const requests: ReceivedRequest[] = [];
  const { log, text } = recordingLogger();
  const http: Http = async ({ url, body }) => {
    const params =
      body instanceof FormData ? Object.fromEntries(body) : (JSON.parse(body ?? "{}") as Record<string, unknown>);
    const answer = answers[requests.length];
    requests.push({ url, method: url.slice(url.lastIndexOf("/") + 1), params });
    if (answer === undefined) throw new Error("no further call is expected");
    if (answer instanceof Error) throw answer;
    return { headers: {}, ...answer };
  };
  const downloaded: { url: string; publicOnly: unknown }[] = [];
  const context: OutboundContext = {
    http,
    async download({ url, publicOnly }) {
      downloaded.push({ url, publicOnly });
      const download = options.downloads?.[url];
      if (download === undefined) throw new Error("no further download is expected");
      if (download instanceof Error) throw download;
      return download;
    },
    log,
    now: () => NOW,
    media: {
      async read(key) {
        const bytes = options.stored?.[key];
        if (!bytes) throw permanent("no such file");
        return { bytes, mimeType: "application/pdf" };
      },
    },
    signal: new AbortController().signal,
  };
  return { context, requests, downloaded, logged: text };
}

/** A download of a file in one chunk. */
export function downloadOf(bytes: Uint8Array, headers: Record<string, string> = {}): HttpDownload {
  const body = (async function* () {
    yield bytes;
  })();
  return { status: 200, headers, body };
}
