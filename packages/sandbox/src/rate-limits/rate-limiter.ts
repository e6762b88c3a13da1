import type { Now } from "@millrace/core";

/** A provider's rate limit: one request per `intervalMs` on average, and `burst` requests at once. */
export type RateLimit = { name: string; intervalMs: number; burst: number };

/** A rate limit that a request counts against, and the scope in which it counts, such as a chat. */
export type RateLimitUse = { limit: RateLimit; key: string };

/** Enforces the providers' rate limits. As at the providers, a rejected request does not count. */
export type RateLimiter = {
  /** Counts a request against all its limits. If one is exceeded, it counts for none and returns that limit and the wait in ms. */
  use(uses: readonly RateLimitUse[]): { exceeded: RateLimit; waitMs: number } | undefined;
  setEnforced(enforced: boolean): void;
  /** Returns whether the limits are enforced, and how many requests each limit has rejected since the start. */
  status(): { enforced: boolean; refused: Record<string, number> };
};

/** Number of scopes above which the limiter deletes those that have their full burst again. */
const MAX_SCOPES = 100_000;

/** Creates a {@link RateLimiter} with the clock `now`. */
export function createRateLimiter(now: Now, initiallyEnforced: boolean): RateLimiter {
  let enforced = initiallyEnforced;
  const refused: Record<string, number> = {};
  /** The "theoretical arrival time" of the generic cell rate algorithm by scope, in ms since 1970. */
  const arrivalTimes = new Map<string, number>();
  return {
    use(uses) {
      if (!enforced) return undefined;
      const at = now().getTime();
      const next = uses.map(({ limit, key }) => {
        const scope = `${limit.name}:${key}`;
        const arrivalTime = Math.max(arrivalTimes.get(scope) ?? 0, at) + limit.intervalMs;
        return { limit, scope, arrivalTime, waitMs: arrivalTime - at - limit.burst * limit.intervalMs };
      });
      const exceeded = next.find(({ waitMs }) => waitMs > 0);
      if (exceeded) {
        refused[exceeded.limit.name] = (refused[exceeded.limit.name] ?? 0) + 1;
        return { exceeded: exceeded.limit, waitMs: exceeded.waitMs };
      }
      for (const { scope, arrivalTime } of next) arrivalTimes.set(scope, arrivalTime);
      if (arrivalTimes.size > MAX_SCOPES)
        for (const [scope, arrivalTime] of arrivalTimes) if (arrivalTime <= at) arrivalTimes.delete(scope);
      return undefined;
    },
    setEnforced(value) {
      enforced = value;
    },
    status: () => ({ enforced, refused: { ...refused } }),
  };
}
