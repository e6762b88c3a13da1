import type { Now } from "@millrace/core";

/** Wrong passwords that one address may try within {@link WINDOW_MS}; enough for a person with several to choose from. */
const MAX_WRONG = 10;

/** How long wrong passwords are counted together, in ms. */
const WINDOW_MS = 60_000;

/** Addresses remembered at once, about 1 MB; beyond it the oldest is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Slows down the guessing of passwords. */
export type GuessThrottle = {
  /** Seconds that the address must wait; 0 when it may try. */
  waitSeconds(address: string): number;
  /** Counts a wrong password. */
  countWrong(address: string): void;
};

/** A throttle in memory. A window starts with an address's first wrong password and is not made longer by more. */
export function createGuessThrottle(now: Now): GuessThrottle {
  // Windows are all equally long, so the order of insertion is the order in which they end.
  const windows = new Map<string, { wrong: number; endsAt: number }>();

  function forgetEnded(at: number): void {
    for (const [address, { endsAt }] of windows) {
      if (endsAt > at) return;
      windows.delete(address);
    }
  }

  return {
    waitSeconds(address) {
      const at = now().getTime();
      forgetEnded(at);
      const window = windows.get(address);
      return window && window.wrong >= MAX_WRONG ? Math.ceil((window.endsAt - at) / 1_000) : 0;
    },
    countWrong(address) {
      const at = now().getTime();
      forgetEnded(at);
      const window = windows.get(address);
      if (window) {
        window.wrong += 1;
        return;
      }
      const [oldest] = windows.keys();
      if (windows.size >= MAX_ADDRESSES && oldest !== undefined) windows.delete(oldest);
      windows.set(address, { wrong: 1, endsAt: at + WINDOW_MS });
    },
  };
}
