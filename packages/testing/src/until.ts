import { setTimeout as wait } from "node:timers/promises";

/**
 * Waits for a condition, asking again every 20 ms. Resolves with what the condition gave once that is neither false
 * nor undefined; rejects when the deadline passes first, saying what was waited for.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | undefined> | T | false | undefined,
  deadlineMs = 20_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await wait(20);
  }
}
