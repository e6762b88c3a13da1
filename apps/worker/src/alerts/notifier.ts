import {
  type AlertWebhook,
  classifyHttp,
  describeError,
  type Http,
  type Logger,
  type Now,
  ProviderError,
  retryable,
} from "@millrace/core";
import type { AlertStore } from "@millrace/db";
import { newsOf, requestFor } from "./notifications.ts";

/** How long the webhook may take for one piece of news, and for all of a round, in ms; a round is shorter than its lease. */
const CALL_MS = 5_000;
const ALL_MS = 15_000;

/** How long the webhook is left alone after it failed once, and at most, in ms: 30 s, 1 min, 2 min, 4 min, 8 min, 10 min. */
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 600_000;

/** Most alerts told in one round. */
const AT_ONCE = 50;

/**
 * Tells the webhook what it has not taken yet: each piece of news at least once, in order. An alert that it refuses for
 * good is left alone for the longest wait, and the others go on.
 */
export type Teller = { tell(stopping: AbortSignal): Promise<void> };

/** A {@link Teller} that never rejects because of the webhook. */
export function createTeller(
  { alerts, http, log, now }: { alerts: AlertStore; http: Http; log: Logger; now: Now },
  webhook: AlertWebhook,
): Teller {
  let failures = 0;
  let notBefore = 0;
  /** Until when alerts that were refused are left alone, by their ids. */
  const refused = new Map<string, number>();

  async function post(request: ReturnType<typeof requestFor>, signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.timeout(CALL_MS);
    const response = await http(request, AbortSignal.any([signal, deadline])).catch((error: unknown) => {
      throw deadline.aborted ? retryable(`no answer within ${CALL_MS} ms`) : error;
    });
    const refusal = classifyHttp(response, "alerts", now());
    if (refusal) throw refusal;
  }

  function putOff(error: unknown): Date {
    failures += 1;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
    const asked = error instanceof ProviderError && error.next.kind === "rate_limited" ? error.next.until.getTime() : 0;
    notBefore = Math.max(now().getTime() + waitMs, asked);
    return new Date(notBefore);
  }

  function putOffAlone(id: string): Date {
    const until = now().getTime() + LONGEST_WAIT_MS;
    refused.set(id, until);
    return new Date(until);
  }

  return {
    async tell(stopping) {
      if (now().getTime() < notBefore) return;
      for (const [id, until] of refused) if (until <= now().getTime()) refused.delete(id);
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(ALL_MS)]);
      for (const news of newsOf(await alerts.untold(now(), AT_ONCE + refused.size))) {
        if (signal.aborted) return;
        const { alert, state } = news;
        if (refused.has(alert.id)) continue;
        try {
          await post(requestFor(news, webhook), signal);
        } catch (error) {
          if (stopping.aborted) return;
          const isRefused = error instanceof ProviderError && error.next.kind === "permanent";
          const retryAt = (isRefused ? putOffAlone(alert.id) : putOff(error)).toISOString();
          log.warn(
            { rule: alert.rule, subject: alert.subject, state, error: describeError(error), retryAt },
            "alert.notification_failed",
          );
          if (isRefused) continue;
          return;
        }
        failures = 0;
        await alerts.markTold(alert.id, state, now());
      }
    },
  };
}
