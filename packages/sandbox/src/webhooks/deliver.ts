import { setTimeout as wait } from "node:timers/promises";

/** A webhook for Millrace. */
export type Delivery = { path: string; headers: Record<string, string>; body: string };

/** Posts a webhook. Rejects if Millrace does not accept it. */
export type Deliver = (delivery: Delivery) => Promise<void> | void;

const MAX_ATTEMPTS = 20;
const MAX_BACKOFF_MS = 5000;

/**
 * Creates a {@link Deliver} that posts to a server. It retries every response but 2xx with exponential backoff for about
 * 90 seconds. Providers retry for hours or days, which is too long for a test.
 */
export function deliverTo(baseUrl: string): Deliver {
  return async ({ path, headers, body }) => {
    for (let attempt = 1; ; attempt++) {
      const status = await post(`${baseUrl}${path}`, headers, body);
      if (status !== undefined && status >= 200 && status < 300) return;
      if (attempt === MAX_ATTEMPTS)
        throw new Error(`${path} accepted no webhook in ${MAX_ATTEMPTS} attempts: ${status ?? "no response"}`);
      await wait(Math.min(100 * 2 ** attempt, MAX_BACKOFF_MS), undefined, { ref: false });
    }
  };
}

/** Returns the HTTP status, or undefined without a response. */
async function post(url: string, headers: Record<string, string>, body: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
