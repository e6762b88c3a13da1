import {
  type AlertWebhook,
  classifyHttp,
  describeError,
  type Http,
  type HttpRequest,
  type Logger,
  type Now,
  ProviderError,
  retryable,
} from "@millrace/core";
import type { AlertStore } from "@millrace/db";
import { pendingNotifications, requestFor } from "./notifications.ts";

/** How long the webhook may take for one notification, and for all of one run, in ms. A run ends before its lease. */
const CALL_MS = 5_000;
const RUN_MS = 15_000;

/** The backoff after the webhook fails, in ms: 30 s, then 1 min each time, so that alerts arrive soon after its return. */
const FIRST_BACKOFF_MS = 30_000;
const LONGEST_BACKOFF_MS = 60_000;

/** The longest wait that the webhook can ask for, in ms. */
const LONGEST_RETRY_AFTER_MS = 900_000;

/** How long an alert waits that the webhook refused, in ms. */
const REFUSED_MS = 600_000;

/** Most alerts in one run. */
const MAX_ALERTS = 50;

/** Posts alerts to the operators' webhook. */
export type Notifier = {
  /**
   * Posts the pending notifications in order, each at least once. After a failure it backs off. When the webhook
   * refuses one alert for good, that alert waits for 10 minutes and the others go on. Rejects only when
   * Postgres is away.
   */
  notify(stopping: AbortSignal): Promise<void>;
};

/** A {@link Notifier} for one webhook. */
export function createNotifier(
  { alerts, http, log, now }: { alerts: AlertStore; http: Http; log: Logger; now: Now },
  webhook: AlertWebhook,
): Notifier {
  const backoff = createBackoff(now);

  async function post(request: HttpRequest, signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.timeout(CALL_MS);
    const response = await http(request, AbortSignal.any([signal, deadline])).catch((error: unknown) => {
      throw deadline.aborted ? retryable(`no answer within ${CALL_MS} ms`) : error;
    });
    const error = classifyHttp(response, "alerts", now());
    if (error) throw error;
  }

  return {
    async notify(stopping) {
      if (backoff.isActive()) return;
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(RUN_MS)]);
      for (const notification of pendingNotifications(
        await alerts.pendingNotifications(now(), MAX_ALERTS + backoff.refusedAlerts()),
      )) {
        if (signal.aborted) return;
        const { alert, state } = notification;
        if (backoff.isRefused(alert.id)) continue;
        try {
          await post(requestFor(notification, webhook), signal);
        } catch (error) {
          if (stopping.aborted) return;
          const isRefused = error instanceof ProviderError && error.next.kind === "permanent";
          const retryAt = (isRefused ? backoff.refuse(alert.id) : backoff.fail(error)).toISOString();
          const { rule, subject } = alert;
          log.warn({ rule, subject, state, error: describeError(error), retryAt }, "alert.notification_failed");
          if (isRefused) continue;
          return;
        }
        backoff.reset();
        await alerts.markNotified(alert.id, state, now());
      }
    },
  };
}

/** When the webhook may be called again: at all, and about the alerts that it refused. */
function createBackoff(now: Now) {
  let failures = 0;
  let notBefore = 0;
  /** Until when refused alerts wait, by alert id. */
  const refusedUntil = new Map<string, number>();
  return {
    isActive: () => now().getTime() < notBefore,
    isRefused: (id: string) => refusedUntil.has(id),
    /** Forgets the alerts that have waited long enough and returns how many still wait. */
    refusedAlerts(): number {
      for (const [id, until] of refusedUntil) if (until <= now().getTime()) refusedUntil.delete(id);
      return refusedUntil.size;
    },
    /** Returns when the webhook may be called again: after the backoff, or later where it asked for that. */
    fail(error: unknown): Date {
      failures += 1;
      const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
      const next = error instanceof ProviderError ? error.next : undefined;
      const retryAfter = next?.kind === "rate_limited" ? next.until.getTime() : 0;
      const at = now().getTime();
      notBefore = Math.max(at + backoffMs, Math.min(retryAfter, at + LONGEST_RETRY_AFTER_MS));
      return new Date(notBefore);
    },
    refuse(id: string): Date {
      const until = now().getTime() + REFUSED_MS;
      refusedUntil.set(id, until);
      return new Date(until);
    },
    reset() {
      failures = 0;
    },
  };
}
