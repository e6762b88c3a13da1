import { type Agent, fetch as undiciFetch } from "undici";
import { parseJsonBody } from "./json.ts";
import { permanent, ProviderError, retryable } from "../errors/provider-error.ts";
import { publicOnlyAgent } from "./ssrf-guard.ts";

export { PRIVATE_ADDRESS } from "./ssrf-guard.ts";

/** A call to a provider's API. */
export type HttpRequest = {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /**
   * For a URL that somebody else chose: addresses of private and local networks are refused, also when a name resolves
   * to one, except for those in `except` (CIDR). The refusal is permanent, with the code {@link PRIVATE_ADDRESS}.
   */
  publicOnly?: { except: readonly string[] };
};

/**
 * Its answer; `json` is as {@link parseJsonBody} reads it, undefined when the body is not JSON or larger than a
 * megabyte. Header names are in lower case.
 */
export type HttpResponse = { status: number; headers: Record<string, string>; json: unknown };

/**
 * The port by which adapters reach the network. Rejects with a retryable {@link ProviderError}, never with another;
 * it is `uncertain` unless the connection was never made.
 */
export type Http = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** A file on its way in; `body` is undefined unless the status is 2xx. */
export type HttpDownload = {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array> | undefined;
};

/** The port for fetching files. Errors as with {@link Http}; those of the body reject while it is read. */
export type Download = (request: HttpRequest, signal: AbortSignal) => Promise<HttpDownload>;

/** Largest answer in bytes that is read; the providers' are far smaller, what a wrong address sends may be endless. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** How long a call may take in ms: an answer in words, or a file of 100 MB over a slow line. */
const CALL_MS = 30_000;
const UPLOAD_MS = 600_000;

function longestOf({ body }: HttpRequest): number {
  return body instanceof FormData ? UPLOAD_MS : CALL_MS;
}

/** What a body holds; undefined when it is larger, and then its rest is not read. */
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
 * {@link Http} over fetch. Never follows a redirect (a token must not travel to another host) and never puts the URL
 * in an error (it may hold a token).
 */
export const fetchHttp: Http = async (request, signal) => {
  try {
    const response = await respond(request, AbortSignal.any([signal, AbortSignal.timeout(longestOf(request))]));
    const body = await readUpTo(MAX_ANSWER_BYTES, response.body);
    const parsed = body && parseJsonBody(body);
    const json = parsed?.ok ? parsed.value : undefined;
    return { status: response.status, headers: Object.fromEntries(response.headers), json };
  } catch (cause) {
    signal.throwIfAborted();
    throw networkFailure(cause);
  }
};

/** {@link Download} over fetch, as careful as {@link fetchHttp}. */
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

/** What this file reads of an answer, the same in Node's fetch and in undici's own. */
type Responded = Pick<Response, "ok" | "status"> & {
  headers: Iterable<[string, string]>;
  body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
};

async function respond(request: HttpRequest, signal: AbortSignal): Promise<Responded> {
  const { url, method, headers = {}, body, publicOnly } = request;
  const init = { method, headers, signal, redirect: "manual" } as const;
  if (!publicOnly) return fetch(url, { ...init, ...(body === undefined ? {} : { body }) });
  // The agent and the fetch must be of one undici; this one's fetch knows no form but its own.
  if (body instanceof FormData) throw permanent("a form is not sent to an address that somebody else chose");
  const dispatcher = agentFor(publicOnly.except);
  return undiciFetch(url, { ...init, dispatcher, ...(body === undefined ? {} : { body }) });
}

/** Agents for public addresses, by what else they may call; few. */
const agents = new Map<string, Agent>();

function agentFor(except: readonly string[]): Agent {
  const key = except.join();
  const agent = agents.get(key) ?? publicOnlyAgent(except);
  agents.set(key, agent);
  return agent;
}

/** Failures before there was a connection: nothing can have arrived. */
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
  return retryable(`network failure: ${code}`, { code, uncertain: !NOT_CONNECTED.includes(code) });
}

/**
 * The classification shared by all providers, from the HTTP status and `Retry-After` alone; an integration refines it
 * with the provider's own codes first. Returns undefined for a 2xx.
 */
export function classifyHttp(response: HttpResponse, scope: string, now: Date): ProviderError | undefined {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const code = `http_${status}`;
  const message = `HTTP ${status}`;
  const wait = retryAfter(response.headers["retry-after"], now);
  if (status === 429) {
    return new ProviderError(
      message,
      { kind: "rate_limited", scope, until: wait ?? new Date(now.getTime() + 60_000) },
      { code },
    );
  }
  if (wait && status === 503) return new ProviderError(message, { kind: "rate_limited", scope, until: wait }, { code });
  if (status === 401 || status === 403) return new ProviderError(message, { kind: "paused", scope }, { code });
  if (status === 408 || status === 425 || status >= 500 || status < 400)
    return retryable(message, { code, uncertain: status >= 500 });
  return new ProviderError(message, { kind: "permanent" }, { code });
}

/** `Retry-After` in either form of RFC 9110 section 10.2.3 as a point in time; undefined where absent or unreadable. */
export function retryAfter(header: string | undefined, now: Date): Date | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return new Date(now.getTime() + Number(header) * 1000);
  const at = new Date(header);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

function networkCode(cause: unknown): string {
  if (cause instanceof Error && cause.name === "TimeoutError") return "ETIMEDOUT";
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return typeof inner === "object" && inner !== null && "code" in inner ? String(inner.code) : "unknown";
}
