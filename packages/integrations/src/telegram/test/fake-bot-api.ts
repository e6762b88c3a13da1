import { type Http, type HttpDownload, type OutboundContext, permanent } from "@millrace/core";
import { recordingLogger } from "@millrace/testing/servers";

/** The token of the bot `shop` in tests. */
export const TOKEN = "4711:weir-token";

/** Access for the bots `shop` and `help`, for tests. */
export const config = {
  tokens: new Map([
    ["shop", TOKEN],
    ["help", "4712:other-token"],
  ]),
  defaultBot: "shop",
  baseUrl: "https://telegram.test",
  messagesPerSecond: 30,
};

/** When every call of these tests is made. */
export const NOW = new Date("2026-11-23T08:00:00.000Z");

/** An answer of the Bot API, or what rejects instead of one. */
export type Scripted = { status: number; json: unknown; headers?: Record<string, string> } | Error;

/** A refusal in Telegram's own form. */
export function refusal(error_code: number, description: string, parameters?: Record<string, unknown>): Scripted {
  return { status: error_code, json: { ok: false, error_code, description, ...(parameters ? { parameters } : {}) } };
}

/** A success. */
export function success(result: unknown): Scripted {
  return { status: 200, json: { ok: true, result } };
}

/** What the Bot API was asked: files of a multipart body stand among its fields. */
type Asked = { url: string; method: string; params: Record<string, unknown> };

/** A Bot API that answers in the order of `answers`, links that give `downloads`, and a media store, for tests. */
export function fakeBotApi(
  answers: readonly Scripted[],
  options: { downloads?: Record<string, HttpDownload | Error>; stored?: Record<string, Uint8Array> } = {},
) {
  const asked: Asked[] = [];
  const { log, text } = recordingLogger();
  const http: Http = async ({ url, body }) => {
    const params =
      body instanceof FormData ? Object.fromEntries(body) : (JSON.parse(body ?? "{}") as Record<string, unknown>);
    const answer = answers[asked.length];
    asked.push({ url, method: url.slice(url.lastIndexOf("/") + 1), params });
    if (answer === undefined) throw new Error("one call too many");
    if (answer instanceof Error) throw answer;
    return { headers: {}, ...answer };
  };
  const fetched: { url: string; publicOnly: unknown }[] = [];
  const context: OutboundContext = {
    http,
    async download({ url, publicOnly }) {
      fetched.push({ url, publicOnly });
      const download = options.downloads?.[url];
      if (download === undefined) throw new Error("one download too many");
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
  return { context, asked, fetched, logged: text };
}

/** A file on its way in, in one piece. */
export function downloadOf(bytes: Uint8Array, headers: Record<string, string> = {}): HttpDownload {
  const body = (async function* () {
    yield bytes;
  })();
  return { status: 200, headers, body };
}
