import type { Now } from "@millrace/core";

/** A request to one of the APIs. Of its token only whether it was right is kept. */
export type SeenRequest = {
  method: string;
  path: string;
  /** Parameters of its query. */
  query: Record<string, string>;
  /** ISO 8601 in UTC. */
  at: string;
  authorized: boolean;
};

/** The latest requests, oldest first. */
export type RequestLog = {
  record(method: string, url: string, authorized: boolean): void;
  list(): readonly SeenRequest[];
  clear(): void;
};

/** How many requests are remembered at least: a sandbox that runs for days must not grow. */
const MEMORY = 10_000;

/** An empty {@link RequestLog} that tells the time by `now`. */
export function createRequestLog(now: Now): RequestLog {
  let seen: SeenRequest[] = [];
  return {
    record(method, url, authorized) {
      const start = url.indexOf("/", url.indexOf("//") + 2);
      const mark = url.indexOf("?", start);
      const query = mark < 0 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark)));
      delete query["access_token"];
      seen.push({
        method,
        path: url.slice(start, mark < 0 ? undefined : mark),
        query,
        at: now().toISOString(),
        authorized,
      });
      if (seen.length >= 2 * MEMORY) seen = seen.slice(-MEMORY);
    },
    list: () => seen,
    clear() {
      seen = [];
    },
  };
}
