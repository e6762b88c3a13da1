import { setTimeout as wait } from "node:timers/promises";

/** A webhook on its way to Millrace. */
export type Delivery = { path: string; headers: Record<string, string>; body: string };

/** Posts a webhook. Rejects when it was not taken. */
export type Deliver = (delivery: Delivery) => Promise<void> | void;

/** How often a webhook is posted that is not taken, and how long to wait at most in between. */
const ATTEMPTS = 20;
const LONGEST_WAIT_MS = 5000;

/**
 * {@link Deliver} to a server. What is not taken with a 2xx is posted again with growing waits for about a minute and a
 * half: providers go on for hours or days, a test does not.
 */
export function deliverTo(baseUrl: string): Deliver {
  return async ({ path, headers, body }) => {
    for (let attempt = 1; ; attempt++) {
      const status = await post(`${baseUrl}${path}`, headers, body);
      if (status !== undefined && status >= 200 && status < 300) return;
      if (attempt === ATTEMPTS)
        throw new Error(`not taken by ${path} in ${ATTEMPTS} attempts: ${status ?? "no answer"}`);
      await wait(Math.min(100 * 2 ** attempt, LONGEST_WAIT_MS), undefined, { ref: false });
    }
  };
}

/** Status of the answer; undefined when there was none. */
async function post(url: string, headers: Record<string, string>, body: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
