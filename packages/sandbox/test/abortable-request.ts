import type { Hono } from "hono";

const ORIGIN = "http://sandbox";

/**
 * Sends a request that its caller can abort. Node passes the abort on only while the request is referenced. On a server the
 * connection refers to it, and here `abort` does: otherwise the garbage collector can remove the request while the handler waits
 * for the abort, and the response never comes.
 */
export function abortableRequest(app: Hono, path: string, init: RequestInit) {
  const caller = new AbortController();
  const request = new Request(`${ORIGIN}${path}`, { ...init, signal: caller.signal });
  const abort = () => {
    caller.abort();
    if (!request.signal.aborted) throw new Error("the abort did not reach the request");
  };
  return { response: Promise.resolve(app.request(request)), abort };
}
