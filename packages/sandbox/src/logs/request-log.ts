import type { Now } from "@millrace/core";

/** A request to one of the APIs. The log does not keep the token, only whether it was valid. */
export type LoggedRequest = {
  method: string;
  path: string;
  /** Query parameters without `access_token`. */
  query: Record<string, string>;
  /** ISO 8601 in UTC. */
  at: string;
  authorized: boolean;
};

/** The latest requests, oldest first. */
export type RequestLog = {
  record(method: string, url: string, authorized: boolean): void;
  list(): readonly LoggedRequest[];
  clear(): void;
};

/** The log keeps at least this many requests. It bounds the memory of a sandbox that runs for days. */
const MIN_KEPT = 10_000;

/** Creates an empty {@link RequestLog} with the clock `now`. */
export function createRequestLog(now: Now): RequestLog {
  let requests: LoggedRequest[] = [];
  return {
    record(method, url, authorized) {
      const start = url.indexOf("/", url.indexOf("//") + 2);
      const mark = url.indexOf("?", start);
      const query = mark < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark)));
      delete query["access_token"];
      requests.push({
        method,
        path: url.slice(start, mark < 0 ? undefined : mark),
        query,
        at: now().toISOString(),
        authorized,
      });
      if (requests.length >= 2 * MIN_KEPT) requests = requests.slice(-MIN_KEPT);
    },
    list: () => requests,
    clear() {
      requests = [];
    },
  };
}
