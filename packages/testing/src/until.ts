import { setTimeout as wait } from "node:timers/promises";

/**
 * Evaluates a condition every 20 ms and resolves with its value once that is neither false nor undefined. After
 * `deadlineMs` it rejects with an error that contains `what`.
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
    if (performance.now() > deadline) throw new Error(`not fulfilled within ${deadlineMs} ms: ${what}`);
    await wait(20);
  }
}
