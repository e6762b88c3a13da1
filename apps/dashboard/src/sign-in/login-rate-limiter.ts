import type { Now } from "@millrace/core";

/** Keys that a limiter remembers, about 1 MB. When it is full, a new key replaces the oldest. */
const MAX_KEYS = 10_000;

/** Limits wrong passwords per key: a client address or a name. */
export type LoginRateLimiter = {
  /** Seconds until the next attempt is allowed; 0 when it is allowed now. */
  waitSeconds(key: string): number;
  /** Counts a wrong password. */
  count(key: string): void;
};

/**
 * A limiter in memory that blocks a key after `limit` wrong passwords in a window of `windowMs`. The window starts with
 * the first one, and later ones do not extend it.
 *
 * `rate-limiter-flexible` does not fit: its memory store has no bound on keys, so an attacker could fill the memory, and
 * it takes no clock.
 */
export function createLoginRateLimiter(now: Now, limit: number, windowMs: number): LoginRateLimiter {
  // All windows have the same length, so the Map's insertion order is the order in which they end.
  const windows = new Map<string, { wrong: number; endsAt: number }>();

  function deleteEnded(at: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > at) return;
      windows.delete(key);
    }
  }

  return {
    waitSeconds(key) {
      const at = now().getTime();
      deleteEnded(at);
      const window = windows.get(key);
      return window && window.wrong >= limit ? Math.ceil((window.endsAt - at) / 1_000) : 0;
    },
    count(key) {
      const at = now().getTime();
      deleteEnded(at);
      const window = windows.get(key);
      if (window) {
        window.wrong += 1;
        return;
      }
      const [oldest] = windows.keys();
      if (windows.size >= MAX_KEYS && oldest !== undefined) windows.delete(oldest);
      windows.set(key, { wrong: 1, endsAt: at + windowMs });
    },
  };
}
