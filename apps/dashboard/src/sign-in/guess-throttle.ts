import type { Now } from "@millrace/core";

/** How long wrong passwords are counted together, in ms. */
const WINDOW_MS = 60_000;

/** Guessers remembered at once, about 1 MB; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

/** Slows down the guessing of passwords, by one address or of one name. */
export type GuessThrottle = {
  /** Seconds to wait; 0 when there may be another try. */
  waitSeconds(guesser: string): number;
  /** Counts a wrong password. */
  countWrong(guesser: string): void;
};

/**
 * A throttle in memory, after `maxWrong` passwords within a minute. A window starts with the first wrong password and is
 * not made longer by more.
 */
export function createGuessThrottle(now: Now, maxWrong: number): GuessThrottle {
  // Windows are all equally long, so the order of insertion is the order in which they end.
  const windows = new Map<string, { wrong: number; endsAt: number }>();

  function forgetEnded(at: number): void {
    for (const [guesser, { endsAt }] of windows) {
      if (endsAt > at) return;
      windows.delete(guesser);
    }
  }

  return {
    waitSeconds(guesser) {
      const at = now().getTime();
      forgetEnded(at);
      const window = windows.get(guesser);
      return window && window.wrong >= maxWrong ? Math.ceil((window.endsAt - at) / 1_000) : 0;
    },
    countWrong(guesser) {
      const at = now().getTime();
      forgetEnded(at);
      const window = windows.get(guesser);
      if (window) {
        window.wrong += 1;
        return;
      }
      const [oldest] = windows.keys();
      if (windows.size >= MAX_REMEMBERED && oldest !== undefined) windows.delete(oldest);
      windows.set(guesser, { wrong: 1, endsAt: at + WINDOW_MS });
    },
  };
}
