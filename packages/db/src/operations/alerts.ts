import { and, asc, eq, gt, inArray, isNotNull, isNull, or } from "drizzle-orm";
import type { NewId } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { alerts } from "../schema/index.ts";

/** A condition that a rule detects: the rule, its subject, and a summary for the operator. */
export type AlertCondition = { rule: string; subject: string; summary: string };

/** A condition from its opening to its end. */
export type Alert = typeof alerts.$inferSelect;

/** Which notification of an alert. */
export type AlertState = "opened" | "closed";

/** The alerts. At most one per rule and subject is open. */
export type AlertStore = {
  /** Lists open alerts, oldest first. */
  open(): Promise<Alert[]>;
  /** Opens alerts for conditions without an open one, and returns those that this call opened. */
  openFor(conditions: readonly AlertCondition[], now: Date): Promise<Alert[]>;
  /** Closes open alerts, and returns those that this call closed. */
  close(ids: readonly string[], now: Date): Promise<Alert[]>;
  /** Lists alerts with an undelivered notification, oldest first, without those closed more than a day ago. */
  pendingNotifications(now: Date, limit: number): Promise<Alert[]>;
  /** Records that the webhook accepted a notification. */
  markNotified(id: string, state: AlertState, now: Date): Promise<void>;
};

/** How long an alert's end is worth a notification, in ms: a webhook configured later does not receive old alerts. */
const NOTIFY_CLOSED_WITHIN_MS = 24 * 3_600_000;

/** {@link AlertStore} on the table alerts. */
export function createAlerts({ orm }: Database, newId: NewId): AlertStore {
  return {
    open: () => orm.select().from(alerts).where(isNull(alerts.closedAt)).orderBy(asc(alerts.openedAt)),
    async openFor(conditions, now) {
      if (conditions.length === 0) return [];
      return orm
        .insert(alerts)
        .values(conditions.map((condition) => ({ id: newId(), ...condition, openedAt: now })))
        .onConflictDoNothing()
        .returning();
    },
    async close(ids, now) {
      if (ids.length === 0) return [];
      return orm
        .update(alerts)
        .set({ closedAt: now })
        .where(and(inArray(alerts.id, [...ids]), isNull(alerts.closedAt)))
        .returning();
    },
    pendingNotifications: (now, limit) =>
      orm
        .select()
        .from(alerts)
        .where(
          or(
            and(isNull(alerts.closedAt), isNull(alerts.openingNotifiedAt)),
            and(
              isNotNull(alerts.closedAt),
              gt(alerts.closedAt, new Date(now.getTime() - NOTIFY_CLOSED_WITHIN_MS)),
              isNull(alerts.closingNotifiedAt),
            ),
          ),
        )
        .orderBy(asc(alerts.openedAt))
        .limit(limit),
    async markNotified(id, state, now) {
      await orm
        .update(alerts)
        .set(state === "opened" ? { openingNotifiedAt: now } : { closingNotifiedAt: now })
        .where(eq(alerts.id, id));
    },
  };
}
