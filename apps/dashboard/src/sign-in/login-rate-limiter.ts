import type { Now } from "@millrace/core";

/** Guessers remembered at once, about 1 MB; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 10_000;

/** Slows down the guessing of passwords, by one address or of one name. */
export type GuessThrottle = {
  /** Seconds to wait; 0 when there may be another try. */
  waitSeconds(guesser: string): number;
  /** Counts a guess. */
  count(guesser: string): void;
};

/**
 * A throttle in memory, after `most` guesses within a window of so many ms. A window starts with the first guess and is
 * not made longer by more.
 */
export function createGuessThrottle(now: Now, most: number, windowMs: number): GuessThrottle {
  // Windows are all equally long, so the order of insertion is the order in which they end.
  const windows = new Map<string, { guesses: number; endsAt: number }>();

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
      return window && window.guesses >= most ? Math.ceil((window.endsAt - at) / 1_000) : 0;
    },
    count(guesser) {
      const at = now().getTime();
      forgetEnded(at);
      const window = windows.get(guesser);
      if (window) {
        window.guesses += 1;
        return;
      }
      const [oldest] = windows.keys();
      if (windows.size >= MAX_REMEMBERED && oldest !== undefined) windows.delete(oldest);
      windows.set(guesser, { guesses: 1, endsAt: at + windowMs });
    },
  };
}
