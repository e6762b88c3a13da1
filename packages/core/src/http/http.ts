import { permanent, ProviderError, unavailable } from "../errors/provider-error.ts";
import { parseJsonBody } from "./json.ts";

export { PRIVATE_ADDRESS } from "./ssrf-guard.ts";

/** A request to a provider's API. */
export type HttpRequest = {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /**
   * Set it for a URL that an API caller chose. Addresses of private and local networks are then refused, also when a
   * host name resolves to one, except those in `except` (CIDR). The error is permanent, with the code
   * {@link PRIVATE_ADDRESS}.
   */
  publicOnly?: { except: readonly string[] };
};

/**
 * A provider's response. `json` is the body as {@link parseJsonBody} reads it; undefined when it is not JSON or larger
 * than a megabyte. Header names are in lower case.
 */
export type HttpResponse = { status: number; headers: Record<string, string>; json: unknown };

/**
 * The port for API calls. It rejects only with a {@link ProviderError} of kind `unavailable`, which is `uncertain` unless
 * no connection was made.
 */
export type Http = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** A file from a provider; `body` is undefined unless the status is 2xx. */
export type HttpDownload = {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array> | undefined;
};

/** The port for downloads. Its errors are those of {@link Http}; reading the body rejects with them too. */
export type Download = (request: HttpRequest, signal: AbortSignal) => Promise<HttpDownload>;

/** Largest response body in bytes. Providers' bodies are far smaller; a wrong address may send an endless one. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** Timeouts of a call in ms: with a JSON body, and for the upload of 100 MB over a slow connection. */
const CALL_MS = 30_000;
const UPLOAD_MS = 600_000;

function timeoutOf({ body }: HttpRequest): number {
  return body instanceof FormData ? UPLOAD_MS : CALL_MS;
}

/** Reads a body; stops and returns undefined when it is larger than `maxBytes`. */
async function readUpTo(
  maxBytes: number,
  body: AsyncIterable<Uint8Array> | null,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the body.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * {@link Http} over fetch. It follows no redirect, because a token must not reach another host, and no error contains
 * the URL, because a URL can contain a token.
 */
export const fetchHttp: Http = async (request, signal) => {
  try {
    const response = await respond(request, AbortSignal.any([signal, AbortSignal.timeout(timeoutOf(request))]));
    const body = await readUpTo(MAX_RESPONSE_BYTES, response.body);
    const parsed = body && parseJsonBody(body);
    const json = parsed?.ok ? parsed.value : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), json };
  } catch (cause) {
    signal.throwIfAborted();
    throw networkFailure(cause);
  }
};

/** {@link Download} over fetch, with the same care for redirects and URLs as {@link fetchHttp}. */
export const fetchDownload: Download = async (request, signal) => {
  try {
    const response = await respond(request, signal);
    const headers = Object.fromEntries(response.headers);
    if (!response.ok) await response.body?.cancel();
    return {
      status: response.status,
      headers,
      body: response.ok && response.body ? chunksOf(response.body, signal) : undefined,
    };
  } catch (cause) {
    signal.throwIfAborted();
    throw networkFailure(cause);
  }
};

async function* chunksOf(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    signal.throwIfAborted();
    throw networkFailure(cause);
  }
}

/** The members of a response that Node's fetch and undici's own have in common. */
type FetchResponse = Pick<Response, "ok" | "status"> & {
  headers: Iterable<[string, string]>;
  body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
};

async function respond(request: HttpRequest, signal: AbortSignal): Promise<FetchResponse> {
  const { url, method, headers = {}, body, publicOnly } = request;
  const init = { method, headers, signal, redirect: "manual" } as const;
  if (!publicOnly) return fetch(url, { ...init, ...(body === undefined ? {} : { body }) });
  // The agent needs the fetch of its own undici, which does not accept the FormData of Node.
  if (body instanceof FormData) throw permanent("a form is not sent to a URL that an API caller chose");
  // Loaded on demand, because most processes make no such request, and undici takes a tenth of their start.
  const { fetchPublicOnly } = await import("./public-only-agent.ts");
  return fetchPublicOnly(url, { ...init, ...(body === undefined ? {} : { body }) }, publicOnly.except);
}

/** Failures before there is a connection: the provider received nothing. */
const NOT_CONNECTED = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

function networkFailure(cause: unknown): ProviderError {
  const inner = cause instanceof Error ? cause.cause : undefined;
  for (const error of [cause, inner]) if (error instanceof ProviderError) return error;
  const code = networkCode(cause);
  return unavailable(`network failure: ${code}`, undefined, { code, uncertain: !NOT_CONNECTED.includes(code) });
}

function networkCode(cause: unknown): string {
  if (cause instanceof Error && cause.name === "TimeoutError") return "ETIMEDOUT";
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return typeof inner === "object" && inner !== null && "code" in inner ? String(inner.code) : "unknown";
}
